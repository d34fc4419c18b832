// <live-value>: one signal's value with unit, quality, age and range. Only text nodes and classes change: nothing moves.
import { connectionState, linkState, nowMs, onChange, watch } from "./live.js";
import { age, ago, severity, timeText, valueText } from "./format.js";
import { say } from "./words.js";

const STALE_PERIODS = 3;
const STALE_MS_MIN = 6000; // proof of life comes every 2 s
const FRAME_MS = 5; // spent on drawing in one frame; layout and paint cost several times as much
const MARKS = ["", "◐", "⊘"];
const QUALITIES = ["good", "uncertain", "bad"];
const all = new Set();
const dirty = new Set();
const visible = new Set();
let scheduled = false;

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
    const moved = `translateX(${(place * 100).toFixed(1)}%)`;
    if (moved !== this.moved) {
      this.moved = moved;
      this.needle.style.transform = moved;
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
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(clean);
  }
}

/** What does not fit into this frame is drawn in the next: thousands of values never hold up a frame. */
function clean() {
  const began = performance.now();
  for (const element of dirty) {
    dirty.delete(element);
    element.draw();
    if (performance.now() - began > FRAME_MS) break;
  }
  scheduled = dirty.size > 0;
  if (scheduled) requestAnimationFrame(clean);
}

const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        visible.add(target);
        soil(target);
      } else visible.delete(target);
    }
  },
  { rootMargin: "100px" },
);

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
