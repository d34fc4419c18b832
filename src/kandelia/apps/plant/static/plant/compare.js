// The compare page: signals are added by search, axes are shared or not, what is shown is saved under a name.
import "../islands/trend.js";
import { say as sayIsland } from "../islands/words.js";
import { PRESETS } from "../islands/trend_parts.js";
import { send } from "./api.js";
import "./finder.js";

const trend = document.querySelector("live-trend");
const own = document.querySelector("[data-own-axes]");

document.addEventListener("signal", (event) => trend.add(event.detail.number));
own.checked = trend.axes === "own";
own.addEventListener("change", () => trend.setAxes(own.checked ? "own" : "unit"));

/** What the trend shows, as the API keeps it. */
function shown() {
  const preset = trend.live && PRESETS.find(([, ms]) => Math.abs(ms - trend.length) < 2);
  const window = preset ? { last: preset[0] } : { from: Math.round(trend.view.from), to: Math.round(trend.view.to) };
  return { schema: 1, signals: trend.view.signals.map((one) => one.number), ...window, compare: trend.compare.value, axes: trend.axes };
}

const form = document.querySelector("[data-save-comparison]");
const error = document.querySelector("[data-save-error]");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = form.elements.name.value.trim();
  const zh = document.documentElement.lang.startsWith("zh");
  try {
    if (!trend.view.signals.length) throw new Error(sayIsland("choose"));
    await send("POST", "/plant/comparisons", { name: zh ? { zh: name } : { en: name }, body: shown(), own: !form.elements.shared?.checked });
    location.reload();
  } catch (refused) {
    error.textContent = refused.message;
    error.hidden = false;
  }
});

document.addEventListener("click", async (event) => {
  const forget = event.target.closest("[data-forget]");
  if (!forget) return;
  await send("DELETE", `/plant/comparisons/${forget.dataset.forget}`);
  forget.closest("li").remove();
});

// Where the clipboard is shut (plain HTTP beyond loopback) the address bar holds the same.
const copy = document.querySelector("[data-copy-address]");
copy?.addEventListener("click", async () => {
  await navigator.clipboard?.writeText(location.href);
  const label = copy.querySelector("span");
  const before = label.textContent;
  label.textContent = copy.dataset.copied;
  setTimeout(() => { label.textContent = before; }, 2000);
});
