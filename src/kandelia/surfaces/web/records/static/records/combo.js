// A reference as a searchable list: what is found comes by htmx; arrows, Enter and Escape as everywhere.
const parts = (combo) => ({
  kept: combo.querySelector("input[type=hidden]"),
  input: combo.querySelector("[role=combobox]"),
  list: combo.querySelector("[role=listbox]"),
});
const options = (list) => [...list.querySelectorAll("[role=option]")];

function show(combo, open) {
  const { input, list } = parts(combo);
  list.hidden = !open;
  input.setAttribute("aria-expanded", String(open));
  if (!open) point(combo, -1);
}

function point(combo, index) {
  const { input, list } = parts(combo);
  const all = options(list);
  const at = all.length ? (index + all.length) % all.length : -1;
  all.forEach((one, place) => one.setAttribute("aria-selected", String(index !== -1 && place === at)));
  if (index === -1 || at < 0) input.removeAttribute("aria-activedescendant");
  else {
    input.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  }
}

function choose(combo, option) {
  const { kept, input } = parts(combo);
  kept.value = option.dataset.value;
  input.value = option.textContent.trim();
  show(combo, false);
  kept.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("htmx:afterSwap", (event) => {
  const combo = event.target.closest?.("[data-combo]");
  if (combo) show(combo, document.activeElement === parts(combo).input);
});

document.addEventListener("input", (event) => {
  const combo = event.target.closest("[data-combo]");
  if (combo && event.target.matches("[role=combobox]")) parts(combo).kept.value = "";
});

document.addEventListener("keydown", (event) => {
  const combo = event.target.closest?.("[data-combo]");
  if (!combo || !event.target.matches("[role=combobox]")) return;
  const { input, list } = parts(combo);
  const at = options(list).findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) window.htmx?.trigger(input, "find");
    else point(combo, event.key === "ArrowDown" ? at + 1 : at <= 0 ? options(list).length - 1 : at - 1);
  } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
    event.preventDefault();
    choose(combo, options(list)[at]);
  } else if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    event.stopPropagation();
    show(combo, false);
  }
});

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest?.("[data-combo] [role=option]");
  if (!option) return;
  event.preventDefault();
  choose(option.closest("[data-combo]"), option);
});

document.addEventListener("click", (event) => {
  const combo = event.target.closest?.("[data-combo]");
  if (combo && event.target.matches("[role=combobox]") && parts(combo).list.hidden) window.htmx?.trigger(event.target, "find");
});

document.addEventListener("focusout", (event) => {
  const combo = event.target.closest?.("[data-combo]");
  if (combo) setTimeout(() => { if (!combo.contains(document.activeElement)) show(combo, false); });
});
