// The next runs follow what is chosen. Without this script a button shows them.

const form = document.querySelector("[data-schedule]");
let asking = new AbortController();

const refresh = async () => {
  asking.abort();
  asking = new AbortController();
  const body = new URLSearchParams(new FormData(form));
  const asked = { method: "POST", headers: { "X-Fragment": "1" }, body, signal: asking.signal };
  // Overtaken by the next choice, or not reached: what stands there is asked for again with the next change.
  const response = await fetch(form.action || location.href, asked).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const template = document.createElement("template");
  template.innerHTML = (await response.text()).trim();
  document.getElementById("next-runs").replaceWith(template.content.firstElementChild);
};

if (form) {
  // The first button of a form is what Enter presses, be it hidden: saving is meant.
  form.querySelector("[data-check]").remove();
  form.querySelector(".when").addEventListener("change", refresh);
  if (!form.querySelector("#next-runs ol")) refresh();
}
