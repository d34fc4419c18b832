// What a trend shows stands in the page's address, so that it can be sent to somebody and come back to.
import { nowMs } from "./live.js";
import { EARLIER, PRESETS } from "./trend_parts.js";

const WINDOW_MS = 3_600_000;

/** {numbers, compare, axes, live, from, to} by the address where the trend follows it, else by what the page says. */
export function readAddress(trend) {
  const query = new URLSearchParams(trend.dataset.address === undefined ? "" : location.search);
  const numbers = (query.get("signals") ?? trend.dataset.signals ?? "").split(",").map(Number).filter((n) => n > 0);
  const compare = EARLIER.some(([value]) => value === query.get("compare")) ? query.get("compare") : "";
  const axes = query.get("axes") === "own" ? "own" : "unit";
  const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
  if (to > from && from > 0) return { numbers, compare, axes, live: false, from, to };
  const length = PRESETS.find(([name]) => name === (query.get("last") ?? trend.dataset.window))?.[1] ?? WINDOW_MS;
  return { numbers, compare, axes, live: true, from: nowMs() - length, to: nowMs() };
}

export function writeAddress(trend) {
  if (trend.dataset.address === undefined) return;
  const query = new URLSearchParams(location.search);
  for (const key of ["signals", "from", "to", "last", "compare", "axes"]) query.delete(key);
  if (trend.view.signals.length) query.set("signals", trend.view.signals.map((one) => one.number).join(","));
  const preset = PRESETS.find(([, ms]) => Math.abs(ms - trend.length) < 2);
  if (trend.live && preset) query.set("last", preset[0]);
  else {
    query.set("from", Math.round(trend.view.from));
    query.set("to", Math.round(trend.view.to));
  }
  if (trend.compare.value) query.set("compare", trend.compare.value);
  if (trend.axes === "own") query.set("axes", "own");
  history.replaceState(history.state, "", `${location.pathname}?${query}`.replace(/%2C/g, ","));
}
