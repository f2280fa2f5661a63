// Exports without leaving the page: ask for one, watch it in a toast that stays over other pages, fetch it when ready.
// The server sends the pieces of HTML; without this script the form leads to the page of exports.

const STORE = "exports";
const FIRST_WAIT_MS = 700;
const LONGEST_WAIT_MS = 5_000;
// More would cover the page; the page of exports has them all.
const TOASTS_AT_MOST = 4;

const toasts = document.getElementById("toasts");
const voice = Object.assign(document.createElement("div"), { className: "vh", ariaLive: "polite" });
document.body.append(voice);

// --- Which exports have a toast ---------------------------------------------------------------------------------------

const followed = () => JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
const keep = (urls) => sessionStorage.setItem(STORE, JSON.stringify(urls.slice(-TOASTS_AT_MOST)));
const forget = (url) => keep(followed().filter((other) => other !== url));
const follow = (url) => keep([...followed().filter((other) => other !== url), url]);

// --- Pieces of HTML ---------------------------------------------------------------------------------------------------

class Gone extends Error {}

const piece = async (url, options = {}) => {
  const response = await fetch(url, { headers: { "X-Fragment": "1" }, ...options });
  // Signed out, or deleted.
  if (response.redirected || response.status === 404) throw new Gone();
  const template = document.createElement("template");
  template.innerHTML = (await response.text()).trim();
  const node = template.content.firstElementChild;
  if (!node?.matches(".toast, li")) throw new Error(`No piece at ${url}`);
  return node;
};

const replace = (old, fresh) => {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (hadFocus) fresh.querySelector("a, button")?.focus();
  if (fresh.dataset.state && fresh.dataset.state !== old.dataset.state) voice.textContent = fresh.dataset.state;
};

const watch = (node, wait = FIRST_WAIT_MS) => {
  if (!node.dataset.poll) return;
  setTimeout(async () => {
    if (!node.isConnected) return;
    try {
      const fresh = await piece(node.dataset.poll);
      if (!node.isConnected) return;
      replace(node, fresh);
      watch(fresh, Math.min(wait * 1.4, LONGEST_WAIT_MS));
    } catch (error) {
      if (error instanceof Gone) drop(node);
      else watch(node, LONGEST_WAIT_MS);
    }
  }, wait);
};

const drop = (node) => {
  forget(node.dataset.export);
  node.remove();
};

const show = (toast) => {
  const same = toast.dataset.export && toasts.querySelector(`[data-export="${CSS.escape(toast.dataset.export)}"]`);
  if (same) same.replaceWith(toast);
  else toasts.append(toast);
  while (toasts.children.length > TOASTS_AT_MOST) toasts.firstElementChild.remove();
  voice.textContent = toast.dataset.state ?? "";
  watch(toast);
};

// --- Asking for one ---------------------------------------------------------------------------------------------------

const unsent = () => {
  const toast = document.createElement("div");
  toast.className = "toast bad";
  toast.dataset.state = toast.textContent = toasts.dataset.unsent;
  setTimeout(() => toast.remove(), 10_000);
  return toast;
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-export]")) return;
  event.preventDefault();
  const menu = form.closest("details");
  menu.open = false;
  menu.querySelector("summary").focus();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  try {
    const toast = await piece(form.action, { method: "POST", body });
    if (toast.dataset.export) follow(toast.dataset.export);
    show(toast);
  } catch {
    show(unsent());
  }
});

toasts.addEventListener("click", (event) => {
  const button = event.target.closest("[data-close]");
  if (button) drop(button.closest(".toast"));
});

// --- What is under way already ----------------------------------------------------------------------------------------

const rows = document.querySelector(".exports");
for (const row of rows?.querySelectorAll("[data-poll]") ?? []) watch(row);

if (!rows) {
  for (const url of followed()) {
    // One after the other, to keep their order.
    await piece(url).then(show, (error) => error instanceof Gone && forget(url));
  }
}
