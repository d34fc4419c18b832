// <live-trend>: up to eight signals over time, with a live end, zoom to below a second, and a cursor over all axes.
import { span } from "./format.js";
import { HistoryError, definitionOfSignal, exportAddress, firstTime, sourceOf, tracks } from "./history.js";
import { linkState, nowMs, onChange, watch } from "./live.js";
import { colour } from "./tokens.js";
import { readAddress, writeAddress } from "./trend_address.js";
import { heldView } from "./trend_held.js";
import { listenMoves, press } from "./trend_moves.js";
import { DAY_MS, EARLIER, PRESETS, buildParts, element } from "./trend_parts.js";
import { TrendTable } from "./trend_table.js";
import { say } from "./words.js";

const SIGNALS_MAX = 8;
const SPAN_MS_MIN = 100;
const SPAN_MS_MAX = 50 * 365 * DAY_MS;
const SETTLE_MS = 150; // a window that still moves is not asked for
const REFRESH_MS_MIN = 30_000; // buckets under the live end are read again
const POLL_MS = 5000; // where no socket tells of new samples
const TAIL_MS = 60_000; // live samples older than this are in history for sure
const LIVE_DRAW_MS = 250;

let plotting = null; // the chart library and what draws with it: loaded once a signal is to be drawn

async function loadPlotting() {
  plotting ??= await import("./plot.js");
}

class LiveTrend extends HTMLElement {
  connectedCallback() {
    if (this.plotHost) return;
    this.source = sourceOf(this.dataset.source);
    this.zone = this.closest("[data-zone]")?.dataset.zone ?? "";
    this.view = { signals: [], tracks: new Map(), overlay: null, shift: 0, zone: this.zone, from: 0, to: 0 };
    this.tails = new Map();
    this.stops = new Map();
    this.turn = 0;
    this.bucket = 0;
    buildParts(this);
    this.tabled = new TrendTable(this);
    this.listen();
    this.begin();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    clearTimeout(this.settling);
    this.asking?.abort();
    this.resizing?.disconnect();
    this.theming?.disconnect();
    this.stopListening?.();
    for (const stop of this.stops.values()) stop();
    this.plot?.destroy();
    this.plot = null;
    this.plotHost = null;
    this.replaceChildren();
  }

  // What it listens to.

  listen() {
    listenMoves(this);
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.plotHost);
    this.theming = new MutationObserver(() => this.remake());
    this.theming.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.remake());
    this.stopListening = onChange(() => this.link());
    this.timer = setInterval(() => this.advance(), LIVE_DRAW_MS);
  }

  // Where it begins: the address, else what the page says.

  async begin() {
    const asked = readAddress(this);
    this.compare.value = asked.compare;
    this.live = asked.live;
    this.axes = asked.axes;
    this.setSpan(asked.from, asked.to);
    if (asked.numbers.length) loadPlotting().catch(() => {});
    const numbers = asked.numbers.slice(0, SIGNALS_MAX);
    const defined = await Promise.all(numbers.map((number) => this.define(number)));
    for (const definition of defined) if (definition) this.takeIn(definition); // in the order asked for
    this.load();
  }

  get length() {
    return this.view.to - this.view.from;
  }

  setSpan(from, to) {
    const length = Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, to - from));
    const middle = (from + to) / 2;
    this.view.from = this.live ? to - length : middle - length / 2;
    this.view.to = this.live ? to : middle + length / 2;
    this.tellWindow();
  }

  tellWindow() {
    const preset = this.live ? PRESETS.findIndex(([, ms]) => Math.abs(ms - this.length) < 2) : -1;
    this.presets.forEach((button, place) => button.setAttribute("aria-pressed", String(place === preset)));
    this.liveButton.setAttribute("aria-pressed", String(this.live));
  }

  // Which signals.

  has(number) {
    return this.view.signals.some((one) => one.number === number);
  }

  async toggle(number) {
    if (this.has(number)) this.remove(number);
    else await this.add(number);
  }

  async add(number) {
    if (this.has(number)) return;
    if (this.view.signals.length >= SIGNALS_MAX) {
      this.say(say("atMost", SIGNALS_MAX), "", 3000);
      return;
    }
    loadPlotting().catch(() => {}); // reading waits for it too, and tells
    const definition = await this.define(number);
    if (!definition || this.has(number)) return;
    this.takeIn(definition);
    this.load();
  }

  takeIn(definition) {
    const { number } = definition;
    if (this.has(number)) return;
    definition.place = [...Array(SIGNALS_MAX).keys()].find((place) => !this.view.signals.some((one) => one.place === place));
    definition.colour = colour(definition.place);
    this.view.signals.push(definition);
    this.tails.set(number, []);
    if (this.source.live) this.stops.set(number, watch(number, (time, value, quality) => this.hear(number, time, value, quality)));
    this.told();
  }

  remove(number) {
    this.view.signals = this.view.signals.filter((one) => one.number !== number);
    this.view.tracks.delete(number);
    this.tails.delete(number);
    this.stops.get(number)?.();
    this.stops.delete(number);
    this.told();
    this.remake();
    this.load();
  }

  told() {
    const names = this.view.signals.map((one) => one.name).join(", ");
    this.stage.setAttribute("aria-label", say("chart", names || "–"));
    this.tabled.drawRows();
    this.dispatchEvent(new CustomEvent("trend-signals", { bubbles: true, detail: this.view.signals.map((one) => one.number) }));
  }

  async define(number) {
    try {
      return await definitionOfSignal(number);
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  // Reading.

  load() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.read(), SETTLE_MS);
    writeAddress(this);
  }

  async read() {
    const turn = (this.turn += 1);
    this.asking?.abort();
    this.asking = new AbortController();
    const { signals, from, to } = this.view;
    if (!signals.length) {
      this.say(say("choose"));
      this.remake();
      return;
    }
    this.stage.setAttribute("aria-busy", "true");
    if (!this.plot) this.say(say("loading"));
    const ahead = this.live ? nowMs() + 1000 : to;
    const width = this.plotHost.clientWidth - 80;
    const shift = EARLIER.find(([value]) => value === this.compare.value)?.[1] ?? 0;
    try {
      const [now, before] = await Promise.all([
        tracks(signals, from, ahead, width, this.asking.signal, this.source),
        shift ? tracks(signals, from - shift, to - shift, width, this.asking.signal, this.source) : null,
        loadPlotting(),
      ]);
      if (turn !== this.turn) return;
      this.take(now, before, shift);
    } catch (error) {
      if (turn === this.turn && error.name !== "AbortError") this.fail(error);
    } finally {
      if (turn === this.turn) this.stage.removeAttribute("aria-busy");
    }
  }

  take(now, before, shift) {
    this.readAt = nowMs();
    this.bucket = now.bucket;
    this.view.tracks = now.tracks;
    this.view.overlay = before?.tracks ?? null;
    this.view.shift = shift;
    for (const one of this.view.signals) this.appendTail(one.number);
    this.resolution.textContent = now.bucket ? say("perPixel", span(now.bucket)) : say("rawPoints");
    const empty = this.view.signals.every((one) => !this.view.tracks.get(one.number)?.t.length);
    if (empty) this.say(say("empty"), say("emptyMend"));
    else this.hush();
    this.remake();
  }

  fail(error) {
    this.stage.removeAttribute("aria-busy");
    const what = error instanceof HistoryError ? error.message : say("failed");
    const again = element("button", { type: "button", class: "button", onclick: () => this.read() }, say("retry"));
    this.say(what, error.mend || say("failedMend"));
    this.notice.append(again);
    this.notice.dataset.kind = "error";
  }

  say(what, mend = "", forMs = 0) {
    this.notice.replaceChildren(element("strong", {}, what), ...(mend ? [element("span", {}, mend)] : []));
    delete this.notice.dataset.kind;
    this.notice.hidden = false;
    if (forMs) setTimeout(() => this.hush(), forMs);
  }

  hush() {
    this.notice.hidden = true;
  }

  // The live end.

  hear(number, time, value, quality) {
    const tail = this.tails.get(number);
    if (!tail) return;
    tail.push([time, value, quality]);
    if (tail[0][0] < time - 2 * TAIL_MS) this.tails.set(number, tail.filter((sample) => sample[0] > time - TAIL_MS));
    if (!this.live) return;
    this.view.tracks.get(number)?.push(time, value, quality);
    this.fresh = true;
  }

  appendTail(number) {
    const track = this.view.tracks.get(number);
    if (!track || !this.live) return;
    for (const sample of this.tails.get(number) ?? []) track.push(...sample);
  }

  advance() {
    if (document.hidden || !this.live || !this.plot || this.panning) return;
    const perPixel = this.length / Math.max(1, this.plotHost.clientWidth);
    const now = nowMs();
    if (!this.fresh && now - this.view.to < Math.max(1000, perPixel)) return;
    this.fresh = false;
    const { length } = this;
    this.view.to = now;
    this.view.from = now - length;
    this.redraw();
    if (now - (this.readAt ?? now) > Math.max(this.source.live ? REFRESH_MS_MIN : POLL_MS, this.bucket) && !this.asking?.signal.aborted) {
      this.readAt = now;
      this.read();
    }
  }

  link() {
    if (linkState() === "up" && this.wasLost && this.live) this.load();
    this.wasLost = linkState() !== "up";
  }

  // Drawing.

  remake() {
    this.plot?.destroy();
    this.plot = null;
    if (!this.plotHost) return;
    for (const one of this.view.signals) Object.assign(one, { colour: colour(one.place), own: this.axes === "own" });
    if (this.view.signals.length && plotting) {
      this.plot = plotting.makePlot(this.plotHost, this.view, {
        cursor: (plot) => this.moved(plot), select: (plot) => this.selected(plot), mousedown: (plot, _, handle) => (event) => press(this, event, handle),
      });
      this.redraw();
    }
    this.tabled.drawRows();
  }

  redraw() {
    if (!this.plot) return;
    this.plot.setData(plotting.columnsOf(heldView(this.view)), false);
    this.plot.setScale("x", { min: this.view.from, max: this.view.to });
    this.tabled.drawValues();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.plotHost ?? {};
    if (this.plot && width && (this.plot.width !== width || this.plot.height !== height)) {
      this.plot.setSize({ width, height });
      if (!this.live || this.bucket) this.load();
    }
  }

  moved(plot) {
    this.cursorTime = plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null;
    this.tabled.drawValues();
  }

  selected(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const from = plot.posToVal(left, "x");
    const to = plot.posToVal(left + width, "x");
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.go(from, to);
  }

  // Moving about.

  /** `quiet` where the page moves it along with another, who told of it. */
  go(from, to, live = false, quiet = false) {
    this.live = live;
    this.setSpan(from, to);
    this.redraw();
    this.load();
    if (!quiet) this.dispatchEvent(new CustomEvent("trend-window", { bubbles: true, detail: { from: this.view.from, to: this.view.to, live } }));
  }

  follow(length, quiet = false) {
    const now = nowMs();
    this.go(now - length, now, true, quiet);
  }

  /** "unit": signals of one unit share an axis; "own": each has its own. */
  setAxes(axes) {
    this.axes = axes;
    this.remake();
    writeAddress(this);
  }

  zoom(factor, at = this.live ? this.view.to : (this.cursorTime ?? (this.view.from + this.view.to) / 2)) {
    const from = at - (at - this.view.from) * factor;
    this.go(from, from + this.length * factor, this.live && at === this.view.to);
  }

  shift(share) {
    const moved = share * this.length;
    this.go(this.view.from + moved, this.view.to + moved);
  }

  async all() {
    try {
      const first = await firstTime(this.view.signals, nowMs(), undefined, this.source);
      if (first !== null) this.follow(Math.max(60_000, (nowMs() - first) * 1.02));
    } catch (error) {
      this.fail(error);
    }
  }

  aim(event, format) {
    event.currentTarget.href = exportAddress(this.view.signals, this.view.from, this.view.to, this.bucket, format, this.source);
  }

}

if (!customElements.get("live-trend")) customElements.define("live-trend", LiveTrend);
