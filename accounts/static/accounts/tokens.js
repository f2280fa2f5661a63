// Copying a new token, one token for one click, and no second one by loading the page again.

// --- Copy -------------------------------------------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-copy]")) {
  const secret = document.getElementById(button.dataset.copy);
  const told = button.parentElement.querySelector("[data-copied]");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret.textContent);
      told.textContent = told.dataset.copied;
    } catch {
      // Not over plain HTTP, or not allowed.
      getSelection().selectAllChildren(secret);
      told.textContent = told.dataset.selected;
    }
  });
}

// --- Once -------------------------------------------------------------------------------------------------------------

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// A page that the Back button brings again is as good as new.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// The page is the answer to a form. Loaded again it is to show the list and not to send the form once more.
history.replaceState(null, "", location.href);
