// The table below a trend: each signal's value at the cursor (else the newest), its extent in the window, its quality.
import { newestOf } from "./live.js";
import { severity, stepped, timeText, valueText } from "./format.js";
import { element } from "./trend_parts.js";
import { say } from "./words.js";

const QUALITIES = ["good", "uncertain", "bad"];

export class TrendTable {
  constructor(trend) {
    this.trend = trend;
  }

  drawRows() {
    this.cells = new Map();
    this.trend.rows.replaceChildren(...this.trend.view.signals.map((one) => {
      const cells = Object.fromEntries(["cursor", "min", "max", "quality"].map((word) => [word, element("td", { class: `tr-${word}` }, "–")]));
      this.cells.set(one.number, cells);
      const swatch = element("span", { class: "tr-swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = one.colour;
      const name = this.trend.source.live ? element("a", { href: `/signals/${one.number}` }, one.name) : element("span", {}, one.name);
      const drop = element("button", { type: "button", class: "tr-remove", "aria-label": say("remove", one.name), onclick: () => this.trend.remove(one.number) }, "×");
      return element("tr", {}, element("th", { scope: "row" }, swatch, name), ...Object.values(cells), element("td", { class: "tr-end" }, drop));
    }));
    this.drawValues();
  }

  drawValues() {
    if (!this.cells) return;
    const at = this.trend.cursorTime ?? this.trend.view.to;
    this.trend.moment.textContent = timeText(at, this.trend.zone) + (this.trend.live && !this.trend.cursorTime ? ` · ${say("newest")}` : "");
    for (const one of this.trend.view.signals) this.drawValue(one, at);
  }

  drawValue(one, at) {
    const { trend } = this;
    const track = trend.view.tracks.get(one.number);
    const cells = this.cells.get(one.number);
    const place = track ? track.at(at) : -1;
    const text = (value) => (value === null || value === undefined ? "–" : valueText(stepped(one) ? Math.round(value) : value, one) + (one.unit ? `\u2009${one.unit}` : ""));
    const held = trend.cursorTime ? null : newestOf(one.number);
    cells.cursor.textContent = held && trend.live ? text(held[1]) : place < 0 ? "–" : text(track.line[place]);
    const [least, most] = track && !stepped(one) ? track.extent(trend.view.from, trend.view.to) : [null, null];
    cells.min.textContent = text(least);
    cells.max.textContent = text(most);
    const quality = held && trend.live ? held[2] : place < 0 ? null : track.quality[place];
    cells.quality.textContent = quality === null ? say("gap") : say(QUALITIES[severity(quality)]);
  }
}
