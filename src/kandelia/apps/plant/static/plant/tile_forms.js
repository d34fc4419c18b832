// The forms of the dashboard's editor: what a tile shows, and what a dashboard is called and who sees it.
import { definitionOfSignal } from "../islands/history.js";
import { element } from "../islands/trend_parts.js";
import "./finder.js";
import { say } from "./words.js";

const SIGNALS_MAX = { trend: 8, value: 1, table: 100 };
const dialog = document.querySelector("[data-tile-dialog]");
const headDialog = document.querySelector("[data-head-dialog]");
const list = dialog.querySelector("[data-chosen]");
const finder = dialog.querySelector("signal-finder");
let chosen = []; // {number, name}
let most = 1;

/** Open until it is closed; true where it was taken over. */
function answered(form) {
  form.returnValue = "";
  form.showModal();
  return new Promise((done) => form.addEventListener("close", () => done(form.returnValue === "take"), { once: true }));
}

/** Ask what `tile` shows and put it in; false where it was left as it was. */
export async function askTile(tile) {
  const form = dialog.querySelector("form");
  dialog.querySelector("h2").textContent = say("tile", say(tile.kind));
  for (const field of form.querySelectorAll("[data-for]")) field.hidden = !field.dataset.for.split(" ").includes(tile.kind);
  finder.toggleAttribute("data-texts", tile.kind !== "trend");
  most = SIGNALS_MAX[tile.kind] ?? 0;
  chosen = await Promise.all((tile.signals ?? []).map(known));
  drawChosen();
  for (const [name, value] of Object.entries({ title: "", window: "1h", machine: "", text: "" })) form.elements[name].value = tile[name] ?? value;
  if (!(await answered(dialog))) return false;
  tile.title = form.elements.title.value.trim();
  if (most) tile.signals = chosen.map((one) => one.number);
  if (tile.kind === "trend") tile.window = form.elements.window.value;
  if (tile.kind === "card") tile.machine = form.elements.machine.value;
  if (tile.kind === "text") tile.text = form.elements.text.value;
  return true;
}

async function known(number) {
  try {
    return { number, name: (await definitionOfSignal(number)).name };
  } catch {
    return { number, name: `#${number}` };
  }
}

function drawChosen() {
  list.replaceChildren(...chosen.map((one, place) => element("li", {}, element("span", {}, one.name), element("span", {},
    place ? element("button", { type: "button", class: "tr-remove", "aria-label": say("up", one.name), onclick: () => up(place) }, "↑") : null,
    element("button", { type: "button", class: "tr-remove", "aria-label": say("remove", one.name), onclick: () => drop(one.number) }, "×")))));
}

function up(place) {
  [chosen[place - 1], chosen[place]] = [chosen[place], chosen[place - 1]];
  drawChosen();
}

function drop(number) {
  chosen = chosen.filter((one) => one.number !== number);
  drawChosen();
  finder.field.focus();
}

finder.addEventListener("signal", ({ detail: one }) => {
  if (chosen.some((other) => other.number === one.number)) return;
  chosen = most === 1 ? [one] : [...chosen, one].slice(0, most);
  drawChosen();
});

/** Ask for names and readers and put them into `head`; false where nothing was taken over. */
export async function askHead(head) {
  const form = headDialog.querySelector("form");
  const { zh, en, own } = form.elements;
  [zh.value, en.value, own.value] = [head.zh, head.en, head.own ? "yes" : "no"];
  const check = () => en.setCustomValidity(zh.value.trim() || en.value.trim() ? "" : say("nameless"));
  check();
  zh.oninput = check;
  en.oninput = check;
  if (!(await answered(headDialog))) return false;
  Object.assign(head, { zh: zh.value.trim(), en: en.value.trim(), own: own.value === "yes" });
  return true;
}
