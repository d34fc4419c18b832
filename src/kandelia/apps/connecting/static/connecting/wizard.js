// The form of a new connection: what was found fills the fields in, a wrong field is marked, nothing typed is lost.
const form = document.querySelector("[data-wizard]");
const field = (name) => form.elements.namedItem(`s.${name}`);

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("keydown", (event) => {
  if (event.target.id === "f-find" && event.key === "Enter") {
    event.preventDefault();
    form.querySelector(".cn-find button").click();
  }
});

form.addEventListener("click", (event) => {
  const use = event.target.closest("[data-use]");
  if (use) {
    for (const told of use.closest("li").querySelectorAll("[data-setting]")) {
      const input = field(told.dataset.setting);
      if (input) input.value = told.value;
    }
    document.querySelector("#step-2 .button-main").focus();
  }
  if (event.target.closest("[data-drop]")) {
    const row = event.target.closest("tr");
    for (const box of form.querySelectorAll("input[name=node]:checked")) {
      if (JSON.parse(box.value).address === row.dataset.rowOf) box.checked = false;
    }
    row.remove();
  }
});

const machine = form.querySelector("[data-machine]");
const fresh = form.querySelector("[data-new-machine]");
const showFresh = () => (fresh.hidden = machine.value !== "+");
machine.addEventListener("change", showFresh);
showFresh();

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const place = event.detail.target;
  if (place?.dataset.waiting) place.dataset.asking = "";
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  const place = event.detail.target;
  delete place?.dataset.asking;
  for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
  const where = place?.querySelector?.("[data-wrong^='settings.']")?.dataset.wrong;
  const input = where && field(where.slice("settings.".length));
  if (input) {
    input.setAttribute("aria-invalid", "true");
    input.closest("details")?.setAttribute("open", "");
    input.focus();
  }
});
