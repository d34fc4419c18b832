// <live-trend>: up to eight signals over time, with a live end, zoom to below a second, and a cursor over all axes.
import { HistoryError, ask, exportAddress, firstTime, sourceOf, tracks } from "./history.js";
import { heldUntil } from "./columns.js";
import { connectionState, linkState, newestOf, nowMs, onChange, watch } from "./live.js";
import { age, severity, span, timeText, valueText } from "./format.js";
import { colour, columnsOf, makePlot, stepped } from "./plot.js";
import { say } from "./words.js";

const SIGNALS_MAX = 8;
const DAY_MS = 86_400_000;
const PRESETS = [["15m", 900_000], ["1h", 3_600_000], ["8h", 28_800_000], ["1d", DAY_MS], ["7d", 7 * DAY_MS], ["30d", 30 * DAY_MS]];
const EARLIER = [["", 0, "noCompare"], ["1d", DAY_MS, "dayBefore"], ["7d", 7 * DAY_MS, "weekBefore"]];
const SPAN_MS_MIN = 100;
const SPAN_MS_MAX = 50 * 365 * DAY_MS;
const SETTLE_MS = 150; // a window that still moves is not asked for
const REFRESH_MS_MIN = 30_000; // buckets under the live end are read again
const POLL_MS = 5000; // where no socket tells of new samples
const TAIL_MS = 60_000; // live samples older than this are in history for sure
const LIVE_DRAW_MS = 250;
const WHEEL_FACTOR = 1.25;
const QUALITIES = ["good", "uncertain", "bad"];

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const presetText = (name) => name.replace(/(\d+)(.+)/, (_, count, unit) => `${count} ${say(`unit-${unit}`)}`);

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
    this.build();
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
    this.stops.clear();
    this.plot?.destroy();
    this.plot = null;
    this.plotHost = null;
    this.replaceChildren();
  }

  // What stands on the page.

  build() {
    this.presets = PRESETS.map(([name, ms]) => element("button", { type: "button", class: "tr-preset", "aria-pressed": "false", onclick: () => this.follow(ms) }, presetText(name)));
    this.liveButton = element("button", { type: "button", class: "tr-live", "aria-pressed": "true", onclick: () => this.follow(this.length) }, say("live"));
    this.compare = element("select", { class: "tr-compare", onchange: () => this.setEarlier() }, ...EARLIER.map(([value, , word]) => element("option", { value }, say(word))));
    this.resolution = element("span", { class: "tr-resolution" });
    const step = (sign, word, act) => element("button", { type: "button", class: "tr-step", title: say(word), "aria-label": say(word), onclick: act }, sign);
    const bar = element("div", { class: "tr-bar" },
      element("div", { class: "tr-group", role: "group", "aria-label": say("window") }, ...this.presets),
      element("div", { class: "tr-group" }, step("←", "back", () => this.shift(-0.5)), step("→", "forward", () => this.shift(0.5)),
        step("+", "zoomIn", () => this.zoom(0.5)), step("−", "zoomOut", () => this.zoom(2)), this.liveButton),
      element("label", { class: "tr-field" }, element("span", {}, say("compare")), this.compare),
      !this.source.live ? null : element("span", { class: "tr-export" }, element("span", {}, say("export")),
        ...["csv", "parquet"].map((format) => element("a", { href: "#", class: `tr-${format}`, download: "", onpointerdown: (event) => this.aim(event, format), onfocus: (event) => this.aim(event, format) }, format === "csv" ? "CSV" : "Parquet"))),
      this.resolution);
    this.plotHost = element("div", { class: "tr-plot" });
    this.notice = element("div", { class: "tr-notice", role: "status", hidden: true });
    this.stage = element("div", { class: "tr-stage", tabindex: "0", role: "group", "aria-describedby": "" }, this.plotHost, this.notice);
    this.keys = element("p", { class: "tr-keys" }, say("keys"));
    this.rows = element("tbody");
    const heads = ["signal", "cursor", "min", "max", "quality"].map((word) => element("th", { scope: "col", class: `tr-${word}` }, say(word)));
    heads.push(element("th", { class: "tr-end" }, element("span", { class: "visually-hidden" }, say("remove", ""))));
    this.moment = element("caption", { class: "tr-moment" });
    this.table = element("table", { class: "tr-table" }, this.moment, element("thead", {}, element("tr", {}, ...heads)), this.rows);
    this.replaceChildren(bar, this.stage, element("div", { class: "tr-scroll", tabindex: "0", role: "group", "aria-label": say("cursor") }, this.table), this.keys);
  }

  listen() {
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.stage.addEventListener("pointerdown", (event) => event.pointerType === "touch" && this.grab(event));
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
    const address = this.dataset.address !== undefined ? new URLSearchParams(location.search) : new URLSearchParams();
    const numbers = (address.get("signals") ?? this.dataset.signals ?? "").split(",").map(Number).filter((n) => n > 0).slice(0, SIGNALS_MAX);
    this.compare.value = EARLIER.some(([value]) => value === address.get("compare")) ? address.get("compare") : "";
    const from = Number(address.get("from"));
    const to = Number(address.get("to"));
    if (to > from && from > 0) {
      this.live = false;
      this.setSpan(from, to);
    } else {
      const wanted = PRESETS.find(([name]) => name === (address.get("last") ?? this.dataset.window))?.[1] ?? 3_600_000;
      this.live = true;
      this.setSpan(nowMs() - wanted, nowMs());
    }
    await Promise.all(numbers.map((number) => this.add(number, true)));
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

  writeAddress() {
    if (this.dataset.address === undefined) return;
    const query = new URLSearchParams(location.search);
    for (const key of ["signals", "from", "to", "last", "compare"]) query.delete(key);
    if (this.view.signals.length) query.set("signals", this.view.signals.map((one) => one.number).join(","));
    const preset = PRESETS.find(([, ms]) => Math.abs(ms - this.length) < 2);
    if (this.live && preset) query.set("last", preset[0]);
    else {
      query.set("from", Math.round(this.view.from));
      query.set("to", Math.round(this.view.to));
    }
    if (this.compare.value) query.set("compare", this.compare.value);
    history.replaceState(history.state, "", `${location.pathname}?${query}`.replace(/%2C/g, ","));
  }

  // Which signals.

  has(number) {
    return this.view.signals.some((one) => one.number === number);
  }

  async toggle(number) {
    if (this.has(number)) this.remove(number);
    else await this.add(number);
  }

  async add(number, quiet = false) {
    if (this.has(number)) return;
    if (this.view.signals.length >= SIGNALS_MAX) {
      this.say(say("atMost", SIGNALS_MAX), "", 3000);
      return;
    }
    const definition = await this.define(number);
    if (!definition || this.has(number)) return;
    definition.place = [...Array(SIGNALS_MAX).keys()].find((place) => !this.view.signals.some((one) => one.place === place));
    definition.colour = colour(definition.place);
    this.view.signals.push(definition);
    this.tails.set(number, []);
    if (this.source.live) this.stops.set(number, watch(number, (time, value, quality) => this.hear(number, time, value, quality)));
    this.told();
    if (!quiet) this.load();
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
    this.drawRows();
    this.dispatchEvent(new CustomEvent("trend-signals", { bubbles: true, detail: this.view.signals.map((one) => one.number) }));
  }

  /** From the page where it stands there, else from the API. */
  async define(number) {
    const onPage = document.getElementById("signal-definitions");
    this.known ??= onPage ? JSON.parse(onPage.textContent) : {};
    if (this.known[number]) return { ...this.known[number] };
    try {
      return definitionFrom(await ask(`/signals/${number}`));
    } catch (error) {
      this.fail(error);
      return null;
    }
  }

  // Reading.

  load() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.read(), SETTLE_MS);
    this.writeAddress();
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
    const again = element("button", { type: "button", onclick: () => this.read() }, say("retry"));
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
    const held = newestOf(number);
    if (held && !track.t.length && held[0] < this.view.from) track.push(this.view.from, held[1], held[2]);
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

  /** The tracks as drawn: with a live end each holds to its last proof of life. */
  drawn() {
    if (!this.live) return this.view;
    const held = new Map();
    for (const one of this.view.signals) {
      const track = this.view.tracks.get(one.number);
      if (!track) continue;
      const proof = one.connection ? (connectionState(one.connection)?.proof_ms ?? 0) : 0;
      held.set(one.number, heldUntil(track, Math.min(this.view.to, proof)));
    }
    return { ...this.view, tracks: held };
  }

  remake() {
    this.plot?.destroy();
    this.plot = null;
    if (!this.plotHost) return;
    for (const one of this.view.signals) one.colour = colour(one.place);
    if (this.view.signals.length) {
      this.plot = makePlot(this.plotHost, this.view, {
        cursor: (plot) => this.moved(plot), select: (plot) => this.selected(plot), mousedown: (plot, _, handle) => (event) => this.press(event, handle),
      });
      this.redraw();
    }
    this.drawRows();
  }

  redraw() {
    if (!this.plot) return;
    this.plot.setData(columnsOf(this.drawn()), false);
    this.plot.setScale("x", { min: this.view.from, max: this.view.to });
    this.drawValues();
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
    this.drawValues();
  }

  selected(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const from = plot.posToVal(left, "x");
    const to = plot.posToVal(left + width, "x");
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.go(from, to);
  }

  drawRows() {
    this.cells = new Map();
    this.rows.replaceChildren(...this.view.signals.map((one) => {
      const cells = Object.fromEntries(["cursor", "min", "max", "quality"].map((word) => [word, element("td", { class: `tr-${word}` }, "–")]));
      this.cells.set(one.number, cells);
      const swatch = element("span", { class: "tr-swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = one.colour;
      const name = this.source.live ? element("a", { href: `/signals/${one.number}` }, one.name) : element("span", {}, one.name);
      const drop = element("button", { type: "button", class: "tr-remove", "aria-label": say("remove", one.name), onclick: () => this.remove(one.number) }, "×");
      return element("tr", {}, element("th", { scope: "row" }, swatch, name), ...Object.values(cells), element("td", { class: "tr-end" }, drop));
    }));
    this.drawValues();
  }

  drawValues() {
    if (!this.cells) return;
    const at = this.cursorTime ?? this.view.to;
    this.moment.textContent = timeText(at, this.zone) + (this.live && !this.cursorTime ? ` · ${say("newest")}` : "");
    for (const one of this.view.signals) this.drawValue(one, at);
  }

  drawValue(one, at) {
    const track = this.view.tracks.get(one.number);
    const cells = this.cells.get(one.number);
    const place = track ? track.at(at) : -1;
    const text = (value) => (value === null || value === undefined ? "–" : valueText(stepped(one) ? Math.round(value) : value, one) + (one.unit ? `\u2009${one.unit}` : ""));
    const held = this.cursorTime ? null : newestOf(one.number);
    cells.cursor.textContent = held && this.live ? text(held[1]) : place < 0 ? "–" : text(track.line[place]);
    const [least, most] = track && !stepped(one) ? track.extent(this.view.from, this.view.to) : [null, null];
    cells.min.textContent = text(least);
    cells.max.textContent = text(most);
    const quality = held && this.live ? held[2] : place < 0 ? null : track.quality[place];
    cells.quality.textContent = quality === null ? say("gap") : say(QUALITIES[severity(quality)]);
  }

  // Moving about.

  go(from, to, live = false) {
    this.live = live;
    this.setSpan(from, to);
    this.redraw();
    this.load();
  }

  follow(length) {
    const now = nowMs();
    this.go(now - length, now, true);
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

  setEarlier() {
    this.load();
  }

  aim(event, format) {
    event.currentTarget.href = exportAddress(this.view.signals, this.view.from, this.view.to, this.bucket, format, this.source);
  }

  press(event, handle) {
    if (event.button !== 0) return;
    if (event.shiftKey) this.grab(event);
    else handle(event);
  }

  /** Pan while the pointer is held. */
  grab(event) {
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
    const { from, to } = this.view;
    const start = event.clientX;
    const perPixel = (to - from) / (this.plot?.over.clientWidth || 1);
    this.panning = true;
    this.live = false;
    const move = (moved) => {
      const by = (start - moved.clientX) * perPixel;
      this.setSpan(from + by, to + by);
      this.redraw();
    };
    const end = () => {
      this.panning = false;
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      this.load();
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  wheel(event) {
    if (!(event.ctrlKey || event.metaKey || event.shiftKey)) return; // a plain wheel scrolls the page
    event.preventDefault();
    if (event.shiftKey) this.shift(Math.sign(event.deltaY || event.deltaX) * 0.1);
    else this.zoom(event.deltaY < 0 ? 1 / WHEEL_FACTOR : WHEEL_FACTOR, this.cursorTime ?? undefined);
  }

  key(event) {
    const acts = {
      ArrowLeft: () => this.step(event.shiftKey ? -10 : -1), ArrowRight: () => this.step(event.shiftKey ? 10 : 1),
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), Home: () => this.all(), l: () => this.follow(this.length),
      L: () => this.follow(this.length), PageUp: () => this.shift(-0.5), PageDown: () => this.shift(0.5), Escape: () => this.plot?.setCursor({ left: -10, top: -10 }),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** Move the cursor by points of the first signal. */
  step(by) {
    const track = this.view.tracks.get(this.view.signals[0]?.number);
    if (!track?.t.length || !this.plot) return;
    const at = this.cursorTime === null || this.cursorTime === undefined ? track.t.length - 1 : track.at(this.cursorTime + 0.5) + by;
    const t = track.t[Math.min(track.t.length - 1, Math.max(0, at))];
    const shown = Math.min(this.view.to, Math.max(this.view.from, t));
    this.plot.setCursor({ left: this.plot.valToPos(shown, "x"), top: this.plot.over.clientHeight / 2 });
  }
}

/** A definition as the islands want it, from the API's form. */
export function definitionFrom(answer) {
  const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const pick = (text) => (text && typeof text === "object" ? text[lang] || text.zh || text.en : text) || "";
  const labels = Object.fromEntries(Object.entries(answer.labels ?? {}).map(([code, text]) => [code, pick(text)]));
  const kinds = { float: 1, integer: 2, boolean: 3, text: 4, enumeration: 5 };
  return {
    number: answer.number, name: pick(answer.name) || answer.id, unit: answer.unit, decimals: answer.decimals, labels,
    kind: kinds[answer.kind] ?? answer.kind, period: answer.period_ms, connection: answer.connection ?? "", low: answer.low, high: answer.high,
  };
}

if (!customElements.get("live-trend")) customElements.define("live-trend", LiveTrend);
export { age };
