// Menus, search in long lists, appearance and the loading bar. Every page is complete without them.

const root = document.documentElement;

// --- Menus and tips are <details>: one open at a time, Esc gives the focus back ---------------------------------------

const FLOATING = "details.menu, details.tip";
const ITEMS = ".pop :is(a, button, input):not([type=hidden], [hidden])";

const opened = () => [...document.querySelectorAll(FLOATING)].filter((node) => node.open);
const items = (menu) => [...menu.querySelectorAll(ITEMS)].filter((node) => node.offsetParent);

document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.(FLOATING) || !event.target.open) return;
  for (const other of opened()) other.open = other === event.target || other.contains(event.target);
  keepInside(event.target);
  // Opened by the keyboard, which then types what it looks for.
  if (event.target.querySelector("summary").matches(":focus-visible")) event.target.querySelector("[data-find]:not([hidden])")?.focus();
}, true);

// What would stick out at the right opens to the left.
const keepInside = (menu) => {
  const box = menu.querySelector("summary + *");
  const sticksOut = box.getBoundingClientRect().right > document.documentElement.clientWidth;
  if (sticksOut) (menu.matches(".tip") ? menu : box).classList.add("end");
};

const closeOthers = (event) => {
  for (const menu of opened()) if (!menu.contains(event.target)) menu.open = false;
};
document.addEventListener("click", closeOthers);
// Left by the keyboard.
document.addEventListener("keyup", (event) => event.key === "Tab" && closeOthers(event));

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(FLOATING) ?? opened().at(-1);
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    // What lies below, such as the list of tickets, closes by the next one.
    event.preventDefault();
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    move(menu, event);
  }
});

const move = (menu, event) => {
  const onSummary = event.target.matches("summary");
  if (!menu.matches(".menu") || !menu.contains(event.target) || event.target.list) return;
  if (onSummary && event.key === "ArrowDown") menu.open = true;
  if (!menu.open) return;
  event.preventDefault();
  const all = items(menu);
  const at = all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
  if (at < 0) menu.querySelector("summary").focus();
  else all[Math.min(at, all.length - 1)]?.focus();
};

// --- Find as you type in the list of a menu ---------------------------------------------------------------------------

const plain = (text) => text.normalize("NFD").replace(/\p{Mark}/gu, "").toLowerCase();

const makeFindable = (find) => {
  const labels = [...find.parentElement.querySelectorAll(".choices label")];
  // Few values are seen at a glance.
  find.hidden = labels.length < 6;
  find.addEventListener("input", () => {
    const wanted = plain(find.value);
    for (const label of labels) label.hidden = !plain(label.textContent).includes(wanted);
  });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    labels.find((label) => !label.hidden)?.querySelector("input").click();
  });
};

// --- Time zones: the browser knows their names ------------------------------------------------------------------------

document.addEventListener("focusin", (event) => {
  const list = event.target.matches("[list]") && event.target.list?.matches("[data-zones]") && event.target.list;
  if (list && !list.options.length) list.append(...Intl.supportedValuesOf("timeZone").map((name) => new Option(name, name)));
});

// --- Appearance: kept in a cookie, so that the server sends the page in it --------------------------------------------

const YEAR = 31_536_000;
const themes = [...document.querySelectorAll("[data-theme-choice]")];

const showTheme = () => {
  for (const button of themes) {
    button.setAttribute("aria-pressed", button.dataset.themeChoice === (root.dataset.theme ?? ""));
  }
};

for (const button of themes) {
  button.addEventListener("click", () => {
    const theme = button.dataset.themeChoice;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? YEAR : 0}; samesite=lax`;
    showTheme();
  });
}
showTheme();

// --- Waiting: old figures stay, dimmed, until the new page is there ---------------------------------------------------

const ASKS_AGAIN = ".tabs a, .filterform a, .seg a, .chips a, a.sort, .state a, a[href$='#behind']";
let timer;

const wait = () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    document.getElementById("main")?.setAttribute("aria-busy", "true");
    document.querySelector(".tabs")?.classList.add("loading");
  }, 300);
};

document.addEventListener("click", (event) => {
  const isPlain = !event.defaultPrevented && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (isPlain && event.target.closest(ASKS_AGAIN)) wait();
});
document.addEventListener("submit", (event) => {
  if (event.target.method === "get") wait();
});
const stopWaiting = () => {
  clearTimeout(timer);
  document.getElementById("main")?.removeAttribute("aria-busy");
  document.querySelector(".tabs")?.classList.remove("loading");
};
// Back from the browser's cache.
window.addEventListener("pageshow", stopWaiting);

// --- What each page, or each new part of one, needs -------------------------------------------------------------------

const start = () => {
  stopWaiting();
  for (const node of document.querySelectorAll("[data-needs-script]")) {
    node.hidden = false;
    delete node.dataset.needsScript;
  }
  for (const find of document.querySelectorAll("[data-find]:not([data-ready])")) {
    find.dataset.ready = "";
    makeFindable(find);
  }
  // Beside, not into view: the page itself stays where it is.
  for (const tab of document.querySelectorAll(":is(.tabs, .top nav) [aria-current]")) {
    tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
  }
};
start();
document.addEventListener("page:shown", start);
