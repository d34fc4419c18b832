// A dashboard as it is arranged, in place: tiles are moved and sized by pointer or keys, filled by a form, and saved.
import { element } from "../islands/trend_parts.js";
import { csrfToken } from "../islands/live.js";
import { send } from "./api.js";
import { COLUMNS, inOrder, moved, placeFor, sized } from "./layout.js";
import { askHead, askTile } from "./tile_forms.js";
import { say } from "./words.js";

const SIZES = { trend: [6, 4], value: [3, 2], card: [3, 3], table: [4, 4], text: [4, 2] };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const part = (name) => document.querySelector(`[data-board-${name}]`);
const board = document.querySelector("[data-dashboard]");
const note = part("note");
const head = read("dashboard-head");
const KEPT = `kandelia-dashboard-${head.id}`;

let tiles = []; // {key, kind, x, y, w, h, title, signals, machine, window, text}
let saved = ""; // the document as it was last saved
let editing = false;
let base = null; // tiles as they stood when the one that moves was grabbed: what it only passes goes back
let keys = 0;
const drawn = new Map(); // key → its element in the page, as soon as there is one

// What is kept.

const bodyOf = (list) => ({ schema: 1, tiles: inOrder(list).map(({ key, ...tile }) => tile) });
const whole = () => JSON.stringify([bodyOf(tiles), head.zh, head.en, head.own, head.site]);
const dirty = () => whole() !== saved;

function begin() {
  tiles = read("dashboard-body").tiles.map((tile) => ({ ...tile, key: (keys += 1) }));
  [...board.querySelectorAll("[data-tile]")].forEach((one, place) => drawn.set(tiles[place].key, one));
  saved = whole();
  for (const tile of tiles) dress(tile);
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
  if (kept?.revision === head.revision) bringBack(kept);
  else localStorage.removeItem(KEPT);
  if (kept || new URLSearchParams(location.search).has("edit")) edit(true);
}

async function bringBack(kept) {
  Object.assign(head, kept.head);
  tiles = kept.tiles.map((tile) => ({ ...tile, key: (keys += 1) }));
  tell(say("back"), [say("discard"), discard]);
  await redraw();
}

/** Told after each change: nothing that was done is lost with the page. */
function changed() {
  if (dirty()) localStorage.setItem(KEPT, JSON.stringify({ revision: head.revision, head, tiles: bodyOf(tiles).tiles }));
  else localStorage.removeItem(KEPT);
  part("save").disabled = !dirty();
  document.querySelector("[data-board-empty]").hidden = tiles.length > 0;
}

async function save(over = false) {
  try {
    if (over) head.revision = (await send("GET", `/plant/dashboards/${head.id}`)).revision;
    const answer = await send("PUT", `/plant/dashboards/${head.id}`, { name: { zh: head.zh, en: head.en }, body: bodyOf(tiles), own: head.own, site: head.site, revision: head.revision });
    head.revision = answer.revision;
    saved = whole();
    changed();
    edit(false);
    tell(say("saved"));
  } catch (error) {
    if (error.status === 409) tell(say("changed"), [say("theirs"), discard], [say("mine"), () => save(true)]);
    else tell(error.message);
  }
}

function discard() {
  localStorage.removeItem(KEPT);
  saved = whole(); // so that leaving asks nothing
  location.replace(location.pathname);
}

function tell(text, ...actions) {
  note.replaceChildren(text, " ", ...actions.map(([word, act]) => element("button", { type: "button", class: "button", onclick: act }, word)));
  note.hidden = false;
}

// Drawing.

/** Ask the server how the draft looks; only what is new or named by `fresh` is put into the page. */
async function redraw(fresh = null) {
  const asked = inOrder(tiles); // what one adds meanwhile is in the next answer
  const answer = await fetch(board.dataset.drafts, {
    method: "POST", credentials: "same-origin", headers: { "X-CSRFToken": csrfToken(), "Content-Type": "application/json" }, body: JSON.stringify(bodyOf(asked)),
  });
  if (!answer.ok) return tell(await answer.text().then((text) => new DOMParser().parseFromString(text, "text/html").querySelector(".error-what")?.textContent ?? answer.statusText));
  const answered = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-tile]");
  asked.forEach(({ key }, place) => {
    if (find(key) && (!drawn.has(key) || key === fresh || fresh === null)) put(key, document.importNode(answered[place], true));
  });
  const shown = new Set(drawn.values());
  for (const stray of board.querySelectorAll("[data-tile]")) if (!shown.has(stray)) stray.remove();
  return changed();
}

function put(key, made) {
  if (drawn.has(key)) drawn.get(key).replaceWith(made);
  else board.append(made);
  drawn.set(key, made);
  place(tiles); // it may have been moved since it was asked for
  dress(find(key));
}

function dress({ key }) {
  const one = drawn.get(key);
  if (!one) return;
  one.dataset.key = key;
  one.tabIndex = editing ? 0 : -1;
  one.querySelectorAll(".tile-tools, .tile-size").forEach((tool) => tool.remove());
  if (!editing) return;
  one.setAttribute("aria-describedby", "board-keys");
  one.append(
    element("div", { class: "tile-tools" },
      element("button", { type: "button", "data-tile-settings": "", onclick: () => fill(key) }, say("settings")),
      element("button", { type: "button", "data-tile-drop": "", "aria-label": say("drop"), onclick: () => drop(key) }, "×")),
    element("span", { class: "tile-size", title: say("size"), "aria-hidden": "true" }));
}

function place(list) {
  tiles = list;
  for (const { key, x, y, w, h } of tiles) Object.assign(drawn.get(key)?.dataset ?? {}, { x, y, w, h });
}

function edit(on) {
  editing = on;
  board.toggleAttribute("data-editing", on);
  part("bar").hidden = !on;
  part("keys").hidden = !on;
  part("edit").setAttribute("aria-pressed", String(on));
  part("edit").textContent = say(on ? "done" : "arrange");
  tiles.forEach(dress);
  if (!on) board.append(...inOrder(tiles).map((tile) => drawn.get(tile.key)).filter(Boolean)); // as they are read
  changed();
}

// What one does.

const find = (key) => tiles.find((tile) => tile.key === key);

async function add(kind) {
  const [w, h] = SIZES[kind];
  const at = placeFor(tiles, w, h);
  if (!at) return tell(say("noRoom"));
  const tile = { kind, ...at, w, h, key: (keys += 1) };
  if (!(await askTile(tile))) return undefined;
  tiles = [...tiles, tile];
  await redraw(tile.key);
  return drawn.get(tile.key)?.focus();
}

async function fill(key) {
  const tile = find(key);
  if (await askTile(tile)) await redraw(key);
  drawn.get(key)?.focus();
}

function drop(key) {
  drawn.get(key)?.remove();
  drawn.delete(key);
  tiles = tiles.filter((tile) => tile.key !== key);
  base = null;
  changed();
}

/** Move by (dx, dy) or size by as much, from where it stood when it was grabbed. */
function shift(key, dx, dy, sizing) {
  base ??= { tiles, dx: 0, dy: 0, sizing };
  const at = base.tiles.findIndex((tile) => tile.key === key);
  const from = base.tiles[at];
  place(sizing ? sized(base.tiles, at, from.w + dx, from.h + dy) : moved(base.tiles, at, from.x + dx, from.y + dy));
  changed();
  const { x, y, w, h } = find(key);
  part("placed").textContent = say("placed", x + 1, y + 1, w, h);
}

board.addEventListener("keydown", (event) => {
  const grabbed = event.target.closest("[data-tile]");
  if (!editing || event.target !== grabbed || event.ctrlKey || event.metaKey) return;
  const key = Number(grabbed.dataset.key);
  const arrow = ARROWS[event.key];
  if (arrow) {
    if (base && base.sizing !== event.shiftKey) base = null;
    const [dx, dy] = [(base?.dx ?? 0) + arrow[0], (base?.dy ?? 0) + arrow[1]];
    shift(key, dx, dy, event.shiftKey);
    Object.assign(base, { dx, dy });
  } else if (event.key === "Enter") fill(key);
  else if (event.key === "Delete") drop(key);
  else return;
  event.preventDefault();
});
board.addEventListener("focusout", () => { base = null; });

board.addEventListener("pointerdown", (event) => {
  const grabbed = event.target.closest("[data-tile]");
  if (!editing || !grabbed || event.button !== 0 || event.target.closest(".tile-tools")) return;
  event.preventDefault();
  grabbed.focus({ preventScroll: true });
  base = null;
  const sizing = Boolean(event.target.closest(".tile-size"));
  const gap = parseFloat(getComputedStyle(board).rowGap);
  const cell = { x: (board.clientWidth + gap) / COLUMNS, y: parseFloat(getComputedStyle(board).gridAutoRows) + gap };
  const from = { x: event.pageX, y: event.pageY };
  grabbed.setPointerCapture(event.pointerId);
  grabbed.dataset.moving = "";
  const follow = (now) => shift(Number(grabbed.dataset.key), Math.round((now.pageX - from.x) / cell.x), Math.round((now.pageY - from.y) / cell.y), sizing);
  const end = () => {
    grabbed.removeEventListener("pointermove", follow);
    delete grabbed.dataset.moving;
    base = null;
  };
  grabbed.addEventListener("pointermove", follow);
  grabbed.addEventListener("pointerup", end, { once: true });
  grabbed.addEventListener("pointercancel", end, { once: true });
});

for (const button of document.querySelectorAll("[data-add]")) button.addEventListener("click", () => add(button.dataset.add));
part("edit").addEventListener("click", () => (editing && dirty() ? save() : edit(!editing)));
part("save").addEventListener("click", () => save());
part("discard").addEventListener("click", () => (dirty() ? discard() : edit(false)));
part("head").addEventListener("click", async () => {
  if (!(await askHead(head))) return;
  document.querySelector("[data-board-name]").textContent = document.documentElement.lang.startsWith("zh") ? head.zh || head.en : head.en || head.zh;
  changed();
});
addEventListener("keydown", (event) => {
  if (!editing || event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (dirty()) save();
});
begin();
