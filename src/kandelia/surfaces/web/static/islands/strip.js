// The status strip of plant pages: grey while all is well.
import { ask } from "./history.js";
import { connectionStates, linkState, onChange } from "./live.js";
import { span } from "./format.js";
import { oldestMs } from "./value.js";
import { say } from "./words.js";

const PERIOD_MS = 2000;
const LAG_PERIOD_MS = 10_000;
const LAG_S_MAX = 5; // the recorder is behind above this
const OLD_MS_MAX = 10_000;

function put(part, text, fault) {
  if (!part) return;
  const word = part.querySelector(".strip-word");
  if (word.textContent !== text) word.textContent = text;
  part.toggleAttribute("data-fault", fault);
}

function draw(strip) {
  const link = linkState();
  put(strip.querySelector("[data-part=link]"), say({ up: "linkUp", "signed-out": "signedOut", lost: "linkLost" }[link] ?? "connecting"), link === "lost" || link === "signed-out");
  const states = [...connectionStates().values()];
  const running = states.filter((one) => one.state === "running").length;
  const held = Math.max(0, ...states.map((one) => one.held_s ?? 0));
  const text = say("links", running, states.length) + (held > 2 ? ` · ${say("held", Math.round(held))}` : "");
  put(strip.querySelector("[data-part=connections]"), states.length ? text : "–", running < states.length || held > 2);
  const oldest = oldestMs();
  put(strip.querySelector("[data-part=oldest]"), oldest === null ? "–" : oldest < OLD_MS_MAX ? say("allFresh") : say("oldest", span(oldest)), oldest !== null && oldest >= OLD_MS_MAX);
}

async function drawLag(strip) {
  if (document.hidden) return;
  const part = strip.querySelector("[data-part=recorder]");
  try {
    const { recorder_lag_s: lag, what } = await ask("/plant/recorder");
    put(part, what || (lag < 1 ? "< 1 s" : span(lag * 1000)), Boolean(what) || lag > LAG_S_MAX);
  } catch (error) {
    put(part, error.message, true);
  }
}

const strip = document.querySelector("[data-strip]");
if (strip) {
  onChange(() => draw(strip));
  setInterval(() => document.hidden || draw(strip), PERIOD_MS);
  setInterval(() => drawLag(strip), LAG_PERIOD_MS);
  draw(strip);
  drawLag(strip);
}
