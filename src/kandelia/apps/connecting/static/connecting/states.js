// The list of connections, live: how each stands, since when, how fast, and what is wrong with it.
import { connectionState, linkState, nowMs, onChange } from "../islands/live.js";
import { ago } from "../islands/format.js";
import { say } from "../islands/words.js";

const MARKS = { running: "●", connecting: "◐", "backing-off": "◆", refused: "◆", stopped: "○" };
const DRAW_MS = 1000;

function put(row, name, text) {
  const cell = row.querySelector(`[data-cell=${name}]`);
  if (cell.textContent !== text) cell.textContent = text;
}

function draw() {
  for (const row of document.querySelectorAll("tr[data-connection]")) {
    const state = linkState() === "up" ? connectionState(row.dataset.connection) : undefined;
    const word = state?.state ?? ("off" in row.dataset ? "stopped" : "unknown");
    row.dataset.state = word;
    put(row, "state", `${MARKS[word] ?? "╌"} ${say(word)}`);
    put(row, "since", state?.since_ms ? ago(nowMs() - state.since_ms) : "–");
    put(row, "rate", state ? state.rate.toFixed(1) : "–");
    put(row, "proof", state?.proof_ms ? ago(nowMs() - state.proof_ms) : "–");
    put(row, "held", state ? `${state.held_s.toFixed(1)}\u2009s` : "–");
    const trouble = document.querySelector(`[data-trouble="${CSS.escape(row.dataset.connection)}"]`);
    const text = state && state.state !== "running" ? [state.error, state.mend].filter(Boolean).join("; ") : "";
    trouble.hidden = !text;
    if (trouble.firstElementChild.textContent !== text) trouble.firstElementChild.textContent = text;
  }
}

onChange(draw);
setInterval(() => document.hidden || draw(), DRAW_MS);
draw();
