// <live-connection>: says what is wrong with a machine's source and how to mend it; silent while it runs.
import { connectionState, linkState, nowMs, onChange } from "./live.js";
import { ago } from "./format.js";
import { say } from "./words.js";

class LiveConnection extends HTMLElement {
  connectedCallback() {
    this.stop = onChange(() => this.draw());
    this.timer = setInterval(() => document.hidden || this.draw(), 2000);
    this.draw();
  }

  disconnectedCallback() {
    this.stop?.();
    clearInterval(this.timer);
  }

  draw() {
    const state = connectionState(this.dataset.connection);
    const quiet = linkState() !== "up" || !state || (state.state === "running" && !state.error);
    this.hidden = quiet;
    if (quiet) return;
    this.setAttribute("state", state.state);
    const head = `◆ ${this.dataset.name}: ${say(state.state)} · ${ago(nowMs() - state.since_ms)}`;
    const text = [head, state.error, state.mend].filter(Boolean);
    if (this.said === text.join("\n")) return;
    this.said = text.join("\n");
    this.replaceChildren(...text.map((line, place) => {
      const part = document.createElement(place ? "span" : "strong");
      part.textContent = line;
      return part;
    }));
  }
}

if (!customElements.get("live-connection")) customElements.define("live-connection", LiveConnection);
