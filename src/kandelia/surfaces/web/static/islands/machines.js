// <live-state>: what a machine does, as shape and word; the counts above the cards; the sparklines in them.
import { sparks } from "./history.js";
import { nowMs, onChange, watch } from "./live.js";
import { age, severity } from "./format.js";
import { definitionOf, isStale } from "./value.js";
import { say } from "./words.js";

const SHAPES = { running: "●", idle: "◑", uncertain: "◐", warning: "▲", alarm: "◆", stopped: "○", reporting: "▪", stale: "╌", none: "·" };
const SPARK_MS = 3_600_000;
const SPARK_REFRESH_MS = 60_000;
const SPARK_WIDTH = 120;
const SPARK_HEIGHT = 28;
const states = new Set();
let counting = false;

class LiveState extends HTMLElement {
  connectedCallback() {
    this.definition ??= definitionOf(this.dataset);
    this.shapes ??= this.dataset.shapes ? JSON.parse(this.dataset.shapes) : {};
    this.mark ??= this.querySelector(".ls-mark");
    this.word ??= this.querySelector(".ls-word");
    this.ageText ??= this.querySelector(".ls-age");
    states.add(this);
    this.values = (this.dataset.values ?? "").split(" ").filter(Boolean).map(Number); // where no signal tells the state
    const hear = (time, value, quality) => {
      if (this.values.length && time < this.time) return;
      this.time = time;
      this.value = value;
      this.quality = quality;
      this.draw();
    };
    const stops = (this.definition.number ? [this.definition.number] : this.values).map((number) => watch(number, hear));
    this.stop = () => stops.forEach((stop) => stop());
    this.draw();
  }

  disconnectedCallback() {
    this.stop?.();
    states.delete(this);
    count();
  }

  draw() {
    const { state, word } = this.read();
    if (this.state !== state || this.said !== word) {
      this.state = state;
      this.said = word;
      this.setAttribute("state", state);
      const card = this.closest("[data-machine]");
      if (card) card.dataset.state = state;
      this.mark.textContent = SHAPES[state] ?? SHAPES.uncertain;
      this.word.textContent = word;
      count();
    }
    if (this.ageText) {
      const text = this.time === undefined ? "" : age(nowMs() - this.time);
      if (this.ageText.textContent !== text) this.ageText.textContent = text;
    }
  }

  read() {
    if (!this.definition.number) return this.readValues();
    const label = this.definition.labels[Number(this.value)] ?? (this.value === null || this.value === undefined ? "" : String(this.value));
    if (this.time === undefined) return { state: "none", word: say("none") };
    if (isStale(this.time, this.definition)) return { state: "stale", word: label ? `${label} · ${say("stale")}` : say("stale") };
    if (severity(this.quality) === 2) return { state: "uncertain", word: say("bad") };
    if (severity(this.quality) === 1) return { state: "uncertain", word: `${label} · ${say("uncertain")}` };
    return { state: this.shapes[Number(this.value)] ?? "uncertain", word: label };
  }

  /** A machine that tells no state: its values come or they do not. */
  readValues() {
    if (!this.values.length) return { state: "none", word: say("noSignals") };
    if (this.time === undefined) return { state: "none", word: say("none") };
    return isStale(this.time, this.definition) ? { state: "stale", word: say("stale") } : { state: "reporting", word: say("reporting") };
  }
}

function count() {
  if (counting) return;
  counting = true;
  requestAnimationFrame(() => {
    counting = false;
    const found = {};
    for (const one of states) found[one.state] = (found[one.state] ?? 0) + 1;
    for (const chip of document.querySelectorAll("[data-count]")) {
      const { count: name } = chip.dataset;
      const figure = chip.querySelector(".count-figure");
      const text = String(name === "all" ? states.size : (found[name] ?? 0));
      if (figure.textContent !== text) figure.textContent = text;
      chip.hidden = name !== "all" && !found[name] && chip.getAttribute("aria-pressed") !== "true";
    }
  });
}

/** Chips and the text field narrow the cards; both stand in the address. */
function filter() {
  const chosen = document.querySelector('[data-count][aria-pressed="true"]')?.dataset.count ?? "all";
  const text = document.querySelector("[data-machine-filter]")?.value.trim().toLowerCase() ?? "";
  const board = document.querySelector("[data-board]");
  if (!board) return;
  board.dataset.only = chosen;
  let shown = 0;
  for (const card of board.querySelectorAll("[data-machine]")) {
    const fits = (chosen === "all" || card.dataset.state === chosen) && card.dataset.words.toLowerCase().includes(text);
    card.hidden = !fits;
    shown += fits;
  }
  for (const group of board.querySelectorAll("[data-group]")) group.hidden = !group.querySelector("[data-machine]:not([hidden])");
  const none = board.querySelector("[data-nothing]");
  if (none) none.hidden = shown > 0;
  const query = new URLSearchParams(location.search);
  for (const [key, value] of [["state", chosen === "all" ? "" : chosen], ["find", text]]) value ? query.set(key, value) : query.delete(key);
  history.replaceState(history.state, "", query.size ? `${location.pathname}?${query}` : location.pathname);
}

function beginFilter() {
  const board = document.querySelector("[data-board]");
  if (!board) return;
  const query = new URLSearchParams(location.search);
  const field = document.querySelector("[data-machine-filter]");
  if (field) field.value = query.get("find") ?? "";
  for (const chip of document.querySelectorAll("[data-count]")) {
    chip.setAttribute("aria-pressed", String(chip.dataset.count === (query.get("state") ?? "all")));
    chip.addEventListener("click", () => {
      for (const other of document.querySelectorAll("[data-count]")) other.setAttribute("aria-pressed", String(other === chip));
      filter();
      count();
    });
  }
  field?.addEventListener("input", filter);
  if (query.get("find") || query.get("state")) setInterval(() => document.hidden || filter(), 2000);
  setTimeout(filter, 300);
}

async function drawSparks() {
  const hosts = [...document.querySelectorAll("[data-spark]")];
  if (!hosts.length || document.hidden) return;
  const now = nowMs();
  let found;
  try {
    found = await sparks([...new Set(hosts.map((host) => Number(host.dataset.spark)))], now - SPARK_MS, now);
  } catch {
    return; // a card without its line still tells everything else; the strip tells of history
  }
  for (const host of hosts) {
    const track = found.get(Number(host.dataset.spark));
    host.querySelector("path").setAttribute("d", track ? pathOf(track, now - SPARK_MS, now) : "");
  }
}

function pathOf(track, from, to) {
  const [least, most] = track.extent(from, to);
  if (least === null) return "";
  const room = most - least || 1;
  let pen = "M";
  let path = "";
  for (let i = 0; i < track.t.length; i += 1) {
    if (track.line[i] === null) {
      pen = "M";
      continue;
    }
    const x = ((track.t[i] - from) / (to - from)) * SPARK_WIDTH;
    const y = most === least ? SPARK_HEIGHT / 2 : SPARK_HEIGHT - 2 - ((track.line[i] - least) / room) * (SPARK_HEIGHT - 4);
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return path;
}

if (!customElements.get("live-state")) customElements.define("live-state", LiveState);
onChange(() => states.forEach((one) => one.draw()));
setInterval(() => document.hidden || states.forEach((one) => one.draw()), 1000);
setInterval(drawSparks, SPARK_REFRESH_MS);
beginFilter();
drawSparks();
