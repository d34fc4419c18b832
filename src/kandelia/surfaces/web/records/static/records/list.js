// Keyboard rows of a list (j, k, x ticks, Enter opens, n makes one) and the count of ticked rows.
const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];

function move(by) {
  const list = rows();
  if (!list.length) return;
  const now = list.indexOf(document.activeElement?.closest("[data-row]"));
  const next = list[Math.min(list.length - 1, Math.max(0, now < 0 ? (by > 0 ? 0 : list.length - 1) : now + by))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const row = event.target.closest?.("[data-row]");
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x" && row) row.querySelector("[name=ids]")?.click();
  else if (event.key === "Enter" && row && event.target === row) row.querySelector("a.rl-open")?.click();
  else if (event.key === "n") document.querySelector("[data-key=n]")?.click();
  else return;
  event.preventDefault();
});

const bulk = document.querySelector("[data-bulk]");
const bar = bulk?.querySelector("[data-bulk-bar]");
if (bar) {
  const said = bar.querySelector("[data-chosen]");
  const all = bulk.querySelector("[data-all]");
  const boxes = [...bulk.querySelectorAll("[name=ids]")];
  const count = () => {
    const chosen = boxes.filter((one) => one.checked).length;
    said.textContent = chosen ? `${chosen} ${said.dataset.some}` : said.dataset.none;
    bar.toggleAttribute("data-on", chosen > 0);
    bar.querySelector("[data-bulk-go]").disabled = chosen === 0;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const one of boxes) one.checked = all.checked;
    count();
  });
  bulk.addEventListener("change", count);
  addEventListener("pageshow", count);
  count();
}
