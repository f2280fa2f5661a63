// Follows an import without loading its page again, and says that a file is too large before it is sent. Without this
// script the page is loaded again by hand, and the server says it.

const WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

// --- Progress ---------------------------------------------------------------------------------------------------------

const follow = (section) => {
  const one = (name) => section.querySelector(`[data-${name}]`);
  const put = (node, text) => {
    // Untouched text is not read out again.
    if (node && node.textContent !== text) node.textContent = text;
  };

  const show = (told) => {
    put(one("words"), told.words);
    put(one("percent"), `${told.percent} %`);
    put(one("since"), told.since);
    one("bar").value = told.percent;
    for (const node of section.querySelectorAll("[data-count]")) {
      put(node, told.counts[node.dataset.count].toLocaleString("en"));
    }
  };

  const ask = async (wait) => {
    let next = WAIT_MS;
    try {
      const response = await fetch(section.dataset.progress, { headers: { Accept: "application/json" } });
      // Signed out, or no longer allowed: the page itself says so.
      if (response.redirected || response.status === 403 || response.status === 404) return location.reload();
      const told = await response.json();
      if (told.is_over) return location.reload();
      show(told);
    } catch {
      next = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
    setTimeout(ask, next, next);
  };

  setTimeout(ask, WAIT_MS, WAIT_MS);
};

for (const section of document.querySelectorAll("[data-progress]")) follow(section);

// --- Files that are too large -----------------------------------------------------------------------------------------

for (const form of document.querySelectorAll("form[data-limit]")) {
  form.addEventListener("change", ({ target }) => {
    if (target.type !== "file") return;
    const row = target.closest(".form-row");
    row.querySelector(".errorlist")?.remove();
    const isTooLarge = [...target.files].some((file) => file.size > Number(form.dataset.limit));
    row.classList.toggle("errors", isTooLarge);
    if (!isTooLarge) return;
    const list = document.createElement("ul");
    list.className = "errorlist";
    list.role = "alert";
    list.append(Object.assign(document.createElement("li"), { textContent: form.dataset.tooLarge }));
    row.prepend(list);
    target.value = "";
  });
}

// --- One click --------------------------------------------------------------------------------------------------------

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// A page that the Back button brings again is as good as new.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
