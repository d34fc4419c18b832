// A dashboard as it is read: one window for all trends, and on a wall the clock and what was changed elsewhere.
import { ask } from "../islands/history.js";
import { nowMs } from "../islands/live.js";
import { PRESETS } from "../islands/trend_parts.js";

const REVISION_MS = 30_000;
const lengthOf = (name) => PRESETS.find(([preset]) => preset === name)?.[1];

// One window for all trends; empty is each one's own. It stands in the address.
const buttons = [...document.querySelectorAll("[data-board-window]")];
for (const button of buttons) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    for (const trend of document.querySelectorAll(".board live-trend")) trend.follow(lengthOf(button.value || trend.dataset.ownWindow), true);
    const query = new URLSearchParams(location.search);
    if (button.value) query.set("last", button.value);
    else query.delete("last");
    history.replaceState(history.state, "", query.size ? `?${query}` : location.pathname);
  });
}

// What one zooms into in one trend is what all the others show.
document.querySelector(".board")?.addEventListener("trend-window", (event) => {
  const { from, to, live } = event.detail;
  for (const trend of document.querySelectorAll(".board live-trend")) if (trend !== event.target) trend.go(from, to, live, true);
  for (const button of buttons) button.setAttribute("aria-pressed", "false");
});

// On a wall nobody reloads the page: it follows what is saved, and shows the site's time.
const { kiosk, revision } = document.body.dataset;
if (kiosk) {
  const clock = document.querySelector("[data-kiosk-clock]");
  const zone = document.querySelector(".board").dataset.zone || undefined;
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
  const tick = () => { clock.textContent = format.format(nowMs()); };
  tick();
  setInterval(tick, 1000);
  setInterval(async () => {
    try {
      const now = await ask(`/plant/dashboards/${kiosk}`);
      if (String(now.revision) !== revision) location.reload();
    } catch {
      // the strip tells of a lost link; the tiles go stale by themselves
    }
  }, REVISION_MS);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.fullscreenElement) document.querySelector("[data-kiosk-leave]").click();
    else if (event.key === "f") document.documentElement.requestFullscreen?.();
  });
}
