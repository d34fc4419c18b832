// <signal-finder>: type a few letters, choose a signal; tells of it as the event "signal" with {number, name}.
import { ask } from "../islands/history.js";
import { element } from "../islands/trend_parts.js";
import { language } from "../islands/words.js";
import { say } from "./words.js";

const WAIT_MS = 150;
const HITS = 12;
const nameOf = (one) => one.name[language] || one.name.zh || one.name.en || one.key;

class SignalFinder extends HTMLElement {
  connectedCallback() {
    if (this.field) return;
    const id = this.dataset.field;
    this.list = element("ul", { class: "finder-hits", id: `${id}-hits`, role: "listbox", "aria-label": say("find"), hidden: true });
    this.field = element("input", {
      type: "search", id, autocomplete: "off", placeholder: say("find"), role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-hits`, "aria-autocomplete": "list",
      oninput: () => this.wait(), onkeydown: (event) => this.key(event), onfocus: () => this.field.value && this.wait(),
    });
    this.list.addEventListener("pointerdown", (event) => this.pressed(event));
    this.addEventListener("focusout", () => setTimeout(() => this.contains(document.activeElement) || this.show([])));
    this.replaceChildren(this.field, this.list);
    this.at = -1;
  }

  wait() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.look(), WAIT_MS);
  }

  async look() {
    this.asking?.abort();
    const text = this.field.value.trim();
    if (!text) return this.show([]);
    this.asking = new AbortController();
    try {
      const found = await ask(`/signals?search=${encodeURIComponent(text)}&limit=${HITS}`, this.asking.signal);
      return this.show(found.items.filter((one) => one.kind !== "text" || this.dataset.texts !== undefined), say("nothing"));
    } catch (error) {
      return error.name === "AbortError" ? undefined : this.show([], say("failed"));
    }
  }

  show(items, otherwise = "") {
    this.items = items;
    this.at = items.length ? 0 : -1;
    const rows = items.map((one, place) => element("li", { role: "option", id: `${this.list.id}-${place}`, "data-number": one.number },
      nameOf(one), element("span", { class: "row-id" }, one.id)));
    if (!rows.length && otherwise) rows.push(element("li", { class: "finder-none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, otherwise));
    this.list.replaceChildren(...rows);
    this.list.hidden = !rows.length;
    this.field.setAttribute("aria-expanded", String(rows.length > 0));
    this.point();
  }

  point() {
    [...this.list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === this.at)));
    const row = this.list.children[this.at];
    if (row?.id) this.field.setAttribute("aria-activedescendant", row.id);
    else this.field.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const count = this.items?.length ?? 0;
      if (count) this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + count) % count;
      this.point();
    } else if (event.key === "Enter") {
      if (this.at >= 0) this.choose(this.items[this.at]);
    } else if (event.key === "Escape" && !this.list.hidden) this.show([]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  pressed(event) {
    event.preventDefault();
    const number = Number(event.target.closest("[data-number]")?.dataset.number);
    if (number) this.choose(this.items.find((one) => one.number === number));
  }

  choose(one) {
    this.field.value = "";
    this.show([]);
    this.dispatchEvent(new CustomEvent("signal", { bubbles: true, detail: { number: one.number, name: nameOf(one) } }));
  }
}

if (!customElements.get("signal-finder")) customElements.define("signal-finder", SignalFinder);
