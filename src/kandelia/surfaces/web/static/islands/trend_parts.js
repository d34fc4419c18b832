// What stands on the page around a trend: the bar above it, the stage it is drawn on, the table below.
import { say } from "./words.js";

export const DAY_MS = 86_400_000;
export const PRESETS = [["15m", 900_000], ["1h", 3_600_000], ["8h", 28_800_000], ["1d", DAY_MS], ["7d", 7 * DAY_MS], ["30d", 30 * DAY_MS]];
export const EARLIER = [["", 0, "noCompare"], ["1d", DAY_MS, "dayBefore"], ["7d", 7 * DAY_MS, "weekBefore"]];

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const presetText = (name) => name.replace(/(\d+)(.+)/, (_, count, unit) => `${count} ${say(`unit-${unit}`)}`);

/** Put the parts into `trend` (a live-trend) and give it those that it changes later. */
export function buildParts(trend) {
  trend.presets = PRESETS.map(([name, ms]) => element("button", { type: "button", class: "tr-preset", "aria-pressed": "false", onclick: () => trend.follow(ms) }, presetText(name)));
  trend.liveButton = element("button", { type: "button", class: "tr-live", "aria-pressed": "true", onclick: () => trend.follow(trend.length) }, say("live"));
  trend.compare = element("select", { class: "tr-compare", onchange: () => trend.load() }, ...EARLIER.map(([value, , word]) => element("option", { value }, say(word))));
  trend.resolution = element("span", { class: "tr-resolution" });
  const step = (sign, word, act) => element("button", { type: "button", class: "tr-step", title: say(word), "aria-label": say(word), onclick: act }, sign);
  const bar = element("div", { class: "tr-bar" },
    element("div", { class: "tr-group", role: "group", "aria-label": say("window") }, ...trend.presets),
    element("div", { class: "tr-group" }, step("←", "back", () => trend.shift(-0.5)), step("→", "forward", () => trend.shift(0.5)),
      step("+", "zoomIn", () => trend.zoom(0.5)), step("−", "zoomOut", () => trend.zoom(2)), trend.liveButton),
    element("label", { class: "tr-field" }, element("span", {}, say("compare")), trend.compare),
    !trend.source.live ? null : element("span", { class: "tr-export" }, element("span", {}, say("export")),
      ...["csv", "parquet"].map((format) => element("a", { href: "#", class: `tr-${format}`, download: "", onpointerdown: (event) => trend.aim(event, format), onfocus: (event) => trend.aim(event, format) }, format === "csv" ? "CSV" : "Parquet"))),
    trend.resolution);
  trend.plotHost = element("div", { class: "tr-plot" });
  trend.notice = element("div", { class: "tr-notice", role: "status", hidden: true });
  trend.stage = element("div", { class: "tr-stage", tabindex: "0", role: "group", "aria-describedby": "" }, trend.plotHost, trend.notice);
  trend.keys = element("p", { class: "tr-keys" }, say("keys"));
  trend.rows = element("tbody");
  const heads = ["signal", "cursor", "min", "max", "quality"].map((word) => element("th", { scope: "col", class: `tr-${word}` }, say(word)));
  heads.push(element("th", { class: "tr-end" }, element("span", { class: "visually-hidden" }, say("remove", ""))));
  trend.moment = element("caption", { class: "tr-moment" });
  trend.table = element("table", { class: "tr-table" }, trend.moment, element("thead", {}, element("tr", {}, ...heads)), trend.rows);
  trend.replaceChildren(bar, trend.stage, element("div", { class: "tr-scroll", tabindex: "0", role: "group", "aria-label": say("cursor") }, trend.table), trend.keys);
}
