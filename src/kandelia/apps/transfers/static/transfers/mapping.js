// The mapping of a file as one document, so that thousands of columns are one field.
const form = document.querySelector("#mapping");
const value = (name) => form.elements.namedItem(name)?.value ?? "";

function show(row) {
  const action = row.querySelector("[data-action]").value;
  row.querySelector("[data-signal]").hidden = action !== "signal";
  row.querySelector("[data-key]").hidden = action !== "new";
  for (const name of ["[data-kind]", "[data-unit]"]) row.querySelector(name).disabled = action !== "new";
}

function plan() {
  const targets = {};
  for (const row of form.querySelectorAll("[data-row]")) {
    const action = row.querySelector("[data-action]").value;
    const cell = (name) => row.querySelector(name).value.trim();
    if (action === "signal") targets[row.dataset.row] = { signal: cell("[data-signal]") };
    if (action === "new") targets[row.dataset.row] = { machine: value("machine") || "+", key: cell("[data-key]"), kind: cell("[data-kind]"), unit: cell("[data-unit]") };
  }
  const told = form.dataset;
  return {
    form: told.form, names: told.names, value: told.value, quality: told.quality, targets,
    time: { columns: [value("time0"), value("time1")].filter(Boolean), form: value("form"), zone: value("zone").trim() },
    empty: value("empty"), beyond: value("beyond"), decimal: value("decimal"),
  };
}

const machine = form.querySelector("[data-machine]");
const showMachine = () => {
  for (const field of form.querySelectorAll("[data-new-machine]")) field.hidden = machine.value !== "+";
};
machine.addEventListener("change", showMachine);
showMachine();
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => {
  const row = event.target.closest("[data-row]");
  if (row) show(row);
});
form.querySelectorAll("[data-row]").forEach(show);

document.body.addEventListener("htmx:configRequest", (event) => {
  if (!form.contains(event.detail.elt)) return;
  event.detail.parameters = { plan: JSON.stringify(plan()), machine: value("machine"), machine_name: value("machine_name"), area: value("area"), csrfmiddlewaretoken: value("csrfmiddlewaretoken") };
});
