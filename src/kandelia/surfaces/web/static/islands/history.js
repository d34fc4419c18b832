// Questions to history over the public API, the same that any program may ask.
import { Track, fromBuckets, fromRaw, grid } from "./columns.js";
import { KIND, stepped } from "./format.js";
import { language } from "./words.js";

const API = "/api/v1";
const RAW_SAMPLES_MAX = 2000; // fewer expected samples than this are drawn one by one
const RAW_LIMIT = 8000; // what is asked for at most; more than expected falls back to buckets
const POINTS_MAX = 4000;
const WEIGHTED_MS_MAX = 2 * 86_400_000; // up to here buckets carry the value before them
const SPARK_POINTS = 60;
const SPARK_SIGNALS_MAX = 50;

export class HistoryError extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.title || String(status));
    this.mend = problem.mend || "";
    this.status = status;
  }
}

export async function ask(path, signal) {
  const answer = await fetch(API + path, { credentials: "same-origin", headers: { Accept: "application/json" }, signal });
  if (!answer.ok) {
    let problem = {};
    try {
      problem = await answer.json();
    } catch {
      // the body of a proxy's error page says nothing more
    }
    throw new HistoryError(problem, answer.status);
  }
  return answer.json();
}

/** Where a trend's answers come from: the organisation's signals, or figures under a path of their own. */
export const sourceOf = (path) =>
  path ? { raw: path, trend: `${path}/trend`, export: `${path}/export`, last: `${path}/last`, live: false } : { raw: "/signals", trend: "/history/trend", export: "/history/export", last: "/history/last", live: true };

const drawable = (definition) => definition.kind !== KIND.TEXT;

/** Track of each definition over [from, to]; `bucket` is 0 where every sample was read. */
export async function tracks(definitions, from, to, width, signal, source) {
  const asked = definitions.filter(drawable);
  if (!asked.length) return { tracks: new Map(), bucket: 0 };
  const period = Math.min(...asked.map((definition) => definition.period));
  if ((to - from) / period <= RAW_SAMPLES_MAX) {
    const raw = await rawTracks(asked, from, to, signal, source);
    if (raw) {
      await carry(raw, asked, from, 0, signal, source);
      return { tracks: raw, bucket: 0 };
    }
  }
  const found = await bucketTracks(asked, from, to, Math.min(POINTS_MAX, Math.max(50, Math.round(width))), signal, source);
  await carry(found.tracks, asked, from, found.bucket, signal, source);
  return found;
}

/** A value whose last change lies before the window holds into it: it is asked for where nothing stands at `from`. */
async function carry(held, definitions, from, slack, signal, source) {
  const missing = definitions.filter((one) => !(held.get(one.number)?.t[0] <= from + slack));
  if (!missing.length) return;
  const answer = await ask(`${source.last}?signals=${missing.map((one) => one.number).join(",")}&before=${Math.floor(from)}`, signal);
  for (const one of missing) {
    const sample = answer.signals[one.number];
    if (!sample) continue;
    const track = held.get(one.number) ?? new Track(one.period, stepped(one));
    track.carry(sample.t, sample.value, sample.quality, slack || one.period);
    held.set(one.number, track);
  }
}

async function rawTracks(definitions, from, to, signal, source) {
  const beside = Math.max(10_000, to - from); // so that lines come in from the left and go out on the right
  const before = Math.max(0, Math.floor(from - beside));
  const answers = await Promise.all(
    definitions.map((one) => ask(`${source.raw}/${one.number}/raw?start=${before}&end=${Math.ceil(to + beside)}&limit=${RAW_LIMIT}`, signal)),
  );
  const held = new Map();
  for (const [i, answer] of answers.entries()) {
    const columns = rawColumns(answer);
    if (columns.t.length >= RAW_LIMIT) return null;
    held.set(definitions[i].number, fromRaw(columns, definitions[i].period, stepped(definitions[i])));
  }
  return held;
}

function rawColumns(answer) {
  return { t: answer.t, value: answer.value, quality: answer.quality };
}

async function bucketTracks(definitions, from, to, points, signal, source) {
  const { bucket, start, end, points: count } = grid(from, to, points);
  const numbers = definitions.map((one) => one.number).join(",");
  const weighted = to - from <= WEIGHTED_MS_MAX;
  const answer = await ask(`${source.trend}?signals=${numbers}&start=${start}&end=${end}&points=${Math.min(POINTS_MAX, count)}&weighted=${weighted}`, signal);
  const held = new Map();
  for (const one of definitions) {
    const columns = answer.signals[one.number];
    if (columns) held.set(one.number, fromBuckets(columns, answer.bucket_ms || bucket, one.period, stepped(one)));
  }
  return { tracks: held, bucket: answer.bucket_ms || bucket };
}

/** When the first sample of any of these was taken, null where there is none. */
export async function firstTime(definitions, now, signal, source) {
  const numbers = definitions.filter(drawable).map((one) => one.number).join(",");
  const start = now - 20 * 365 * 86_400_000;
  const answer = await ask(`${source.trend}?signals=${numbers}&start=${Math.floor(start)}&end=${Math.ceil(now)}&points=4000`, signal);
  const times = Object.values(answer.signals).map((columns) => columns.t[0]).filter((t) => t !== undefined);
  return times.length ? Math.min(...times) : null;
}

/** Small tracks for many cards in few questions: number → Track. */
export async function sparks(numbers, from, to, signal) {
  const held = new Map();
  for (let i = 0; i < numbers.length; i += SPARK_SIGNALS_MAX) {
    const part = numbers.slice(i, i + SPARK_SIGNALS_MAX);
    const { start, end, points } = grid(from, to, SPARK_POINTS);
    const answer = await ask(`/history/trend?signals=${part.join(",")}&start=${start}&end=${end}&points=${points}`, signal);
    for (const number of part) {
      if (answer.signals[number]) held.set(number, fromBuckets(answer.signals[number], answer.bucket_ms, 1000, false));
    }
  }
  return held;
}

/** Address of a file with what is shown. */
export function exportAddress(definitions, from, to, bucket, format, source) {
  const query = new URLSearchParams({
    signals: definitions.map((one) => one.number).join(","), start: Math.floor(from), end: Math.ceil(to), format,
  });
  if (bucket) query.set("every", `${bucket}ms`);
  return `${API}${source.export}?${query}`;
}

/** A definition as the islands want it, from the API's form. */
function definitionFrom(answer) {
    const pick = (text) => (text && typeof text === "object" ? text[language] || text.zh || text.en : text) || "";
  const labels = Object.fromEntries(Object.entries(answer.labels ?? {}).map(([code, text]) => [code, pick(text)]));
  const kinds = { float: 1, integer: 2, boolean: 3, text: 4, enumeration: 5 };
  return {
    number: answer.number, name: pick(answer.name) || answer.id, unit: answer.unit, decimals: answer.decimals, labels,
    kind: kinds[answer.kind] ?? answer.kind, period: answer.period_ms, connection: answer.connection ?? "", low: answer.low, high: answer.high,
  };
}

let known = null;

/** A signal's definition: from the page where it stands there, else from the API. */
export async function definitionOfSignal(number) {
  known ??= JSON.parse(document.getElementById("signal-definitions")?.textContent ?? "{}");
  return known[number] ? { ...known[number] } : definitionFrom(await ask(`/signals/${number}`));
}
