// The one live socket of a tab. Islands watch signal numbers; what the page watches is what is subscribed.
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15000];
const SILENCE_MS_MAX = 8000; // the server speaks at least every 2 s
const SETTLE_MS = 60; // subscriptions that change together go in one message
const HIDDEN_MS_MAX = 30000; // a hidden page keeps its values so long, then rests
const NUMBERS_MAX = 5000;

const watchers = new Map(); // number → Set of functions
const newest = new Map(); // number → [time_ms, value, quality]
const connections = new Map(); // key → state
const listeners = new Set(); // told of link and connection changes
let socket = null;
let attempt = 0;
let heardAt = 0;
let offsetMs = 0;
let settling = 0;
let resting = false;
let restTimer = 0;
let retryTimer = 0;
let link = "waiting"; // waiting, up, lost, signed-out

/** The server's clock, so that a wrong clock at the reader's desk makes nothing stale. */
export const nowMs = () => Date.now() + offsetMs;
export const linkState = () => link;
export const connectionState = (key) => connections.get(key);
export const connectionStates = () => connections;
export const newestOf = (number) => newest.get(number);
export const watched = () => watchers.size;

/** Call `told(time_ms, value, quality)` for the newest sample and each one after; returns how to stop. */
export function watch(number, told) {
  let group = watchers.get(number);
  if (!group) {
    group = new Set();
    watchers.set(number, group);
    settle();
  }
  group.add(told);
  const held = newest.get(number);
  if (held) told(...held);
  return () => {
    group.delete(told);
    if (!group.size && watchers.get(number) === group) {
      watchers.delete(number);
      newest.delete(number);
      settle();
    }
  };
}

/** Call `told()` when the link or a connection's state changes; returns how to stop. */
export function onChange(told) {
  listeners.add(told);
  start();
  return () => listeners.delete(told);
}

function settle() {
  start();
  if (!settling) settling = setTimeout(subscribe, SETTLE_MS);
}

function subscribe() {
  settling = 0;
  if (socket?.readyState !== WebSocket.OPEN) return;
  const numbers = resting ? [] : [...watchers.keys()].slice(0, NUMBERS_MAX);
  socket.send(JSON.stringify({ subscribe: numbers, connections: true }));
}

function start() {
  if (!socket && !retryTimer && link !== "signed-out") open();
}

async function open() {
  socket = { readyState: WebSocket.CONNECTING, close() {} };
  let ticket;
  try {
    ticket = await fetchTicket();
  } catch (error) {
    socket = null;
    if (error.status === 401 || error.status === 403) setLink("signed-out");
    else retry();
    return;
  }
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(`${scheme}//${location.host}/live?ticket=${encodeURIComponent(ticket)}`);
  socket = opened;
  heardAt = performance.now();
  opened.onopen = () => {
    heardAt = performance.now();
    subscribe();
  };
  opened.onmessage = (event) => hear(JSON.parse(event.data));
  opened.onclose = () => {
    if (socket !== opened) return;
    socket = null;
    retry();
  };
}

export function csrfToken() {
  const field = document.querySelector('meta[name="csrf-token"]')?.content ?? document.querySelector("input[name=csrfmiddlewaretoken]")?.value;
  return field || (document.cookie.match(/(?:^|; )(?:kandelia_)?csrf(?:token)?=([^;]+)/)?.[1] ?? "");
}

async function fetchTicket() {
  const answer = await fetch("/api/v1/live/ticket", {
    method: "POST",
    headers: { "X-CSRFToken": csrfToken(), Accept: "application/json", "Content-Type": "application/json" },
    credentials: "same-origin",
    body: JSON.stringify({ signals: [...watchers.keys()].slice(0, NUMBERS_MAX) }),
  });
  if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
  return (await answer.json()).ticket;
}

function retry() {
  setLink("lost");
  const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
  attempt += 1;
  clearTimeout(retryTimer);
  retryTimer = setTimeout(() => {
    retryTimer = 0;
    start();
  }, wait * (0.75 + Math.random() / 2));
}

function hear(message) {
  heardAt = performance.now();
  if (message.now_ms) offsetMs = message.now_ms - Date.now();
  if (message.snapshot) {
    attempt = 0;
    setLink("up");
    tell(message.snapshot);
  }
  if (message.values) tell(message.values);
  if (message.connections) {
    for (const state of message.connections) connections.set(state.id, state);
    if (message.connections.length) changed();
  }
}

function tell(rows) {
  for (const [number, time, value, quality] of rows) {
    newest.set(number, [time, value, quality]);
    const group = watchers.get(number);
    if (group) for (const told of group) told(time, value, quality);
  }
}

function setLink(now) {
  if (link === now) return;
  link = now;
  document.documentElement.dataset.link = now;
  changed();
}

function changed() {
  for (const told of listeners) told();
}

// A cut network closes no socket by itself: silence does.
setInterval(() => {
  if (socket?.readyState === WebSocket.OPEN && performance.now() - heardAt > SILENCE_MS_MAX) {
    const silent = socket;
    socket = null;
    silent.onclose = null;
    silent.close();
    retry();
  }
}, 1000);

document.addEventListener("visibilitychange", () => {
  clearTimeout(restTimer);
  if (document.hidden) restTimer = setTimeout(() => rest(true), HIDDEN_MS_MAX);
  else rest(false);
});

function rest(now) {
  if (resting === now) return;
  resting = now;
  subscribe();
}

addEventListener("online", () => {
  if (!retryTimer) return;
  clearTimeout(retryTimer);
  retryTimer = 0;
  start();
});
