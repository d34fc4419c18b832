// <live-value>: one signal's value with unit, quality, age and range. Only text nodes and classes change: nothing moves.
import { connectionState, linkState, nowMs, onChange, watch } from "./live.js";
import { age, ago, severity, timeText, valueText } from "./format.js";
import { say } from "./words.js";

const STALE_PERIODS = 3;
const STALE_MS_MIN = 6000; // proof of life comes every 2 s
const FRAME_MS = 5; // spent on writing values in one frame at most; layout and paint cost several times as much
const MISSED_MS = 25; // a frame that comes later than this after the one before was missed (60 Hz: every 17 ms)
const FEW = 40; // values a frame at least: 2,000 are then written within a second
const MORE = 10; // a frame in time lets the next write so many more
const LOOK_MS = 120; // what comes into view by scrolling is written so soon
const MARKS = ["", "◐", "⊘"];
const QUALITIES = ["good", "uncertain", "bad"];
const all = new Set();
const dirty = new Set();
const visible = new Set();
let scheduled = false;
let quota = 4 * FEW; // values written in one frame
let wroteAt = 0; // when the frame before began, 0 where it wrote nothing

/** True when neither a sample nor a proof of life is as young as the signal's period allows. */
export function isStale(timeMs, definition) {
  if (linkState() !== "up") return true;
  const proof = definition.connection ? (connectionState(definition.connection)?.proof_ms ?? 0) : 0;
  const limit = Math.max(STALE_MS_MIN, STALE_PERIODS * definition.period);
  return nowMs() - Math.max(timeMs, proof) > limit;
}

/** The longest silence in ms among the values of this page, null where it shows none. */
export function oldestMs() {
  let oldest = null;
  for (const { time, definition } of all) {
    if (time === undefined) continue;
    const proof = definition.connection ? (connectionState(definition.connection)?.proof_ms ?? 0) : 0;
    oldest = Math.max(oldest ?? 0, nowMs() - Math.max(time, proof));
  }
  return oldest;
}

/** A definition from data-… attributes, as the templates write them. */
export function definitionOf(data) {
  return {
    number: Number(data.signal), kind: Number(data.kind ?? 1), decimals: Number(data.decimals ?? 2), unit: data.unit ?? "",
    period: Number(data.period ?? 1000), connection: data.connection ?? "", labels: data.labels ? JSON.parse(data.labels) : {},
    low: data.low ? Number(data.low) : null, high: data.high ? Number(data.high) : null, name: data.name ?? "",
  };
}

function put(node, text) {
  if (node && node.data !== text) node.data = text;
}

function textNode(parent, name, before) {
  let element = parent.querySelector(`.${name}`);
  if (!element) {
    element = document.createElement("span");
    element.className = name;
    parent.insertBefore(element, before ?? null);
  }
  if (!element.firstChild) element.append("");
  return element.firstChild;
}

class LiveValue extends HTMLElement {
  connectedCallback() {
    this.definition ??= definitionOf(this.dataset);
    this.mark ??= textNode(this, "lv-mark");
    this.figure ??= textNode(this, "lv-number");
    this.word = this.querySelector(".lv-word") ? textNode(this, "lv-word") : null;
    this.ageText = this.querySelector(".lv-age") ? textNode(this, "lv-age") : null;
    this.needle = this.querySelector(".lv-needle");
    this.stop = watch(this.definition.number, (time, value, quality) => {
      this.time = time;
      this.value = value;
      this.quality = quality;
      if (visible.has(this)) soil(this);
    });
    all.add(this);
    sight.observe(this);
    this.addEventListener("pointerenter", () => this.explain());
  }

  disconnectedCallback() {
    this.stop?.();
    all.delete(this);
    sight.unobserve(this);
    visible.delete(this);
    dirty.delete(this);
  }

  draw() {
    const { definition } = this;
    if (this.time === undefined) {
      this.setState("none", "", say("none"));
      return;
    }
    put(this.figure, valueText(this.value, definition));
    this.drawState();
    if (this.needle) this.drawNeedle();
  }

  /** Stale outranks quality, quality outranks range. */
  drawState() {
    if (this.time === undefined) return;
    const level = severity(this.quality);
    const { low, high } = this.definition;
    if (isStale(this.time, this.definition)) this.setState("stale", "╌", say("stale"));
    else if (level) this.setState(QUALITIES[level], MARKS[level], say(QUALITIES[level]));
    else if (high !== null && this.value > high) this.setState("out", "▲", say("high"));
    else if (low !== null && this.value !== null && this.value < low) this.setState("out", "▼", say("low"));
    else this.setState("good", "", "");
    if (this.ageText) put(this.ageText, age(nowMs() - this.time));
  }

  setState(state, mark, word) {
    if (this.state !== state) {
      this.state = state;
      this.setAttribute("state", state);
    }
    put(this.mark, mark);
    put(this.word, word);
  }

  drawNeedle() {
    const { low, high } = this.definition;
    if (low === null || high === null || typeof this.value !== "number") return;
    const share = (this.value - low) / (high - low || 1); // the normal range fills the middle half of the bar
    const place = Math.min(1, Math.max(0, 0.25 + share / 2));
    const moved = `${(place * 100).toFixed(1)}%`;
    if (moved !== this.moved) {
      this.moved = moved;
      this.needle.style.backgroundPositionX = moved;
    }
  }

  explain() {
    if (this.time === undefined) return;
    const zone = this.closest("[data-zone]")?.dataset.zone;
    const parts = [timeText(this.time, zone), say(QUALITIES[severity(this.quality)])];
    const proof = this.definition.connection && connectionState(this.definition.connection)?.proof_ms;
    if (proof) parts.push(say("proof", ago(nowMs() - proof)));
    this.title = parts.join(" · ");
  }
}

function soil(element) {
  dirty.add(element);
  if (scheduled) return;
  scheduled = true;
  wroteAt = 0;
  requestAnimationFrame(clean);
}

/**
 * Write as many values as this browser draws within a frame; the rest is written in the next, with what is newest then.
 * How many that are shows itself: a frame in time raises the number, a missed one lowers it.
 */
function clean(now) {
  if (wroteAt) quota = now - wroteAt > MISSED_MS ? Math.max(FEW, quota >> 1) : quota + MORE;
  const began = performance.now();
  let left = quota;
  for (const element of dirty) {
    dirty.delete(element);
    element.draw();
    left -= 1;
    if (!left) break;
    if (performance.now() - began > FRAME_MS) {
      quota = Math.max(FEW, quota - left); // more does not fit
      break;
    }
  }
  wroteAt = now;
  scheduled = dirty.size > 0;
  if (scheduled) requestAnimationFrame(clean);
}

// Each look tells once of what was asked for and then rests: to watch thousands of values all the time would cost the
// browser more in every frame than to write them.
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      sight.unobserve(target);
      if (!isIntersecting) visible.delete(target);
      else if (!visible.has(target) && all.has(target)) {
        visible.add(target);
        soil(target);
      }
    }
  },
  { rootMargin: "100px" },
);
let looking = 0;

function lookAgain() {
  looking ||= setTimeout(() => {
    looking = 0;
    for (const element of all) sight.observe(element);
  }, LOOK_MS);
}

for (const moved of ["scroll", "toggle"]) document.addEventListener(moved, lookAgain, { capture: true, passive: true });
new ResizeObserver(lookAgain).observe(document.documentElement);

setInterval(() => {
  if (!document.hidden) for (const element of visible) element.drawState();
}, 1000);
let lastLink = linkState();
onChange(() => {
  if (linkState() === lastLink) return;
  lastLink = linkState();
  for (const element of visible) soil(element);
});
if (!customElements.get("live-value")) customElements.define("live-value", LiveValue);
