// Keyboard rows of a list: j and k move, Enter opens, t draws the trend of a row. Click on a value toggles its trend.
const typing = (target) => target.closest("input, textarea, select, [contenteditable], live-trend");

function rows() {
  return [...document.querySelectorAll("[data-rows] [data-row]")].filter((row) => !row.hidden);
}

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
  const row = event.target.closest("[data-row]");
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "Enter" && row && event.target === row) row.querySelector("a[href]")?.click();
  else if (event.key === "t" && row) row.querySelector("[data-trend-toggle]")?.click();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-trend-toggle]");
  if (!button) return;
  const panel = document.querySelector("[data-trend-panel]");
  if (panel?.hidden) panel.hidden = false;
  document.querySelector("live-trend")?.toggle(Number(button.dataset.trendToggle));
});

document.addEventListener("trend-signals", (event) => {
  const chosen = new Set(event.detail);
  for (const button of document.querySelectorAll("[data-trend-toggle]")) button.setAttribute("aria-pressed", String(chosen.has(Number(button.dataset.trendToggle))));
});
