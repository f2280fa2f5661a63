// Going from one answer to the next without leaving the page: the figures are exchanged, the place on the page, the
// keyboard's place and opened tables stay. A browser without the Navigation API loads each page as a whole.

const EXCHANGED = ["main", ".fresh", "footer.foot"];
const NARROW = matchMedia("(max-width: 760px)");
const LOW = matchMedia("(max-height: 560px)");

// --- What stays -------------------------------------------------------------------------------------------------------

// Where an element stands, in words that hold on the next page too: the nearest thing with an id, and its place in there.
const placeOf = (node) => {
  const holder = node?.closest?.("[id]");
  return holder && { id: holder.id, name: node.localName, index: [...holder.querySelectorAll(node.localName)].indexOf(node) };
};

const focusAt = (place) => {
  const holder = place && document.getElementById(place.id);
  if (!holder) return;
  const same = place.index < 0 ? holder : holder.querySelectorAll(place.name)[place.index];
  // Inside a menu that has closed, its button; where what was used is gone, what held it.
  const button = (holder.closest("details") ?? holder).querySelector("summary");
  for (const node of [same, button, holder]) {
    node?.focus({ preventScroll: true });
    if (node && document.activeElement === node) return;
  }
};

// A menu that was opened while the answer came is somebody's next step; the one that led to it has done its work.
let chosenIn = null;
const opened = () => {
  const found = [...document.querySelectorAll("main details:is(.data, .filters, .menu)[open]")];
  return found.filter((node) => node !== chosenIn).map(placeOf).filter(Boolean);
};
const openAgain = ({ id, name, index }) => {
  const holder = document.getElementById(id);
  const same = index < 0 ? holder : holder?.querySelectorAll(name)[index];
  if (same) same.open = true;
};

// --- The side panel ---------------------------------------------------------------------------------------------------

let opener = null;
const panel = () => document.getElementById("behind");

// On a phone it covers the page, which then cannot be reached either.
const cover = () => {
  const sheet = panel();
  if (!sheet) return;
  const covers = NARROW.matches;
  // The tickets need the room; what is said of them is one press away.
  sheet.querySelector("details.how")?.toggleAttribute("open", !covers && !LOW.matches);
  for (const [name, value] of [["role", "dialog"], ["aria-modal", "true"]]) {
    if (covers) sheet.setAttribute(name, value);
    else sheet.removeAttribute(name);
  }
  for (let node = sheet; node !== document.body; node = node.parentElement) {
    for (const other of node.parentElement.children) {
      if (other !== node && !other.matches("#toasts, [aria-live]")) other.inert = covers;
    }
  }
};
const uncover = () => {
  for (const node of document.querySelectorAll("[inert]")) node.inert = false;
};
NARROW.addEventListener("change", () => {
  uncover();
  cover();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("details:is(.menu, .tip)[open]")) return;
  panel()?.querySelector("[data-close-panel]").click();
});

// --- Exchanging -------------------------------------------------------------------------------------------------------

const exchange = (fresh) => {
  const before = { place: placeOf(document.activeElement), opened: opened(), panel: panel() };
  uncover();
  for (const what of EXCHANGED) {
    const [old, next] = [document.querySelector(what), fresh.querySelector(what)];
    if (old && next) old.replaceWith(document.importNode(next, true));
    else old?.remove();
  }
  document.title = fresh.title;
  before.opened.forEach(openAgain);
  document.dispatchEvent(new Event("page:shown"));
  cover();
  if (panel()) {
    opener = before.panel ? opener : before.place;
  }
  if (panel() && panel().dataset.list !== before.panel?.dataset.list) {
    panel().focus({ preventScroll: true });
  } else {
    focusAt(before.panel && !panel() ? opener : before.place);
  }
};

const complain = (url) => {
  document.dispatchEvent(new Event("page:shown"));
  const words = document.getElementById("unreachable").content.cloneNode(true);
  words.querySelector("a").href = url;
  document.getElementById("main").prepend(words);
};

const visit = async (url, signal) => {
  try {
    const response = await fetch(url, { signal });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    // Signed out in the meantime, or something else is wrong: the browser shows what there is.
    if (response.redirected || !fresh.querySelector("main .tabs")) window.location.reload();
    else exchange(fresh);
  } catch (error) {
    if (!signal.aborted) complain(url);
  }
};

const isReport = (url) => [...document.querySelectorAll(".tabs a")].some((tab) => tab.origin === url.origin && tab.pathname === url.pathname);

window.navigation?.addEventListener("navigate", (event) => {
  const url = new URL(event.destination.url);
  const isAnswer = event.canIntercept && !event.hashChange && !event.formData && event.downloadRequest === null;
  if (!isAnswer || event.navigationType === "reload" || !isReport(url)) return;
  chosenIn = document.querySelector("main details.menu[open]");
  const goesBack = event.navigationType === "traverse";
  event.intercept({
    focusReset: "manual",
    scroll: goesBack ? "after-transition" : "manual",
    handler: () => visit(url, event.signal),
  });
});

cover();
