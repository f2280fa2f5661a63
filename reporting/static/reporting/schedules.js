// The next runs follow what is chosen. Without this script a button shows them.

const form = document.querySelector("[data-schedule]");

const refresh = async () => {
  const body = new URLSearchParams(new FormData(form));
  const response = await fetch(form.action || location.href, { method: "POST", headers: { "X-Fragment": "1" }, body });
  if (!response.ok || response.redirected) return;
  const template = document.createElement("template");
  template.innerHTML = (await response.text()).trim();
  document.getElementById("next-runs").replaceWith(template.content.firstElementChild);
};

if (form) {
  form.querySelector("[data-check]").hidden = true;
  form.querySelector(".when").addEventListener("change", refresh);
  if (!form.querySelector("#next-runs ol")) refresh();
}
