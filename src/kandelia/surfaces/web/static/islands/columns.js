// From history's answers and live samples to what is drawn. Pure: no DOM, no network (tested with node).
//
// A source that reports by exception is silent while nothing changes, so silence is not a gap: the value holds until
// the next sample. A gap is what the edge or the source has marked: a bad or missing sample.
export const HOLD_PERIODS = 3; // longer silence is drawn flat, then rising, not as a slope
const BAD = 2;
const severity = (quality) => Math.min(quality >> 14, 2);

export class Track {
  constructor(periodMs = 1000, stepped = false) {
    this.period = periodMs;
    this.stepped = stepped;
    this.t = [];
    this.line = [];
    this.min = [];
    this.max = [];
    this.quality = [];
    this.bad = []; // [from, to] in ms; `to` Infinity while it lasts
    this.uncertain = [];
  }

  get lastTime() {
    return this.t.length ? this.t[this.t.length - 1] : -Infinity;
  }

  /** One sample as it is; earlier or equal times than the last are left aside. */
  push(t, value, quality) {
    if (t <= this.lastTime) return;
    const level = value === null || value === undefined ? BAD : severity(quality);
    this.#close(t);
    if (level === BAD) {
      this.#add(t, null, null, null, quality);
      this.bad.push([t, Infinity]);
      return;
    }
    const number = Number(value);
    this.#hold(t, this.period);
    this.#add(t, number, number, number, quality);
    if (level) this.uncertain.push([t, Infinity]);
  }

  /** One bucket: min, max, the value drawn, its last value, counts; `carried` where it has no sample of its own. */
  pushBucket(t, bucket, { min, max, line, bad, uncertain = 0, carried = false }) {
    if (t <= this.lastTime) return;
    this.#close(t);
    if (line === null || line === undefined) {
      this.#add(t, null, null, null, 0x8000);
      this.bad.push([t, Infinity]);
      return;
    }
    if (!carried) this.#hold(t, bucket);
    this.#add(t, line, min ?? line, max ?? line, bad ? 0x8000 : uncertain ? 0x4000 : 0);
    if (bad) this.bad.push([t, t + bucket]);
    else if (uncertain) this.uncertain.push([t, t + bucket]);
  }

  /** Where it is silent after a bad bucket, the silence is a gap. */
  gap(t) {
    if (t > this.lastTime) this.#add(t, null, null, null, 0x8000);
  }

  /** The last sample before the first of these; it holds until `step` before that one. */
  carry(t, value, quality, step) {
    const first = this.t[0] ?? Infinity;
    if (t >= first) return;
    const rest = { t: this.t, line: this.line, min: this.min, max: this.max, quality: this.quality };
    const { bad, uncertain } = this;
    Object.assign(this, { t: [], line: [], min: [], max: [], quality: [], bad: [], uncertain: [] });
    this.push(t, value, quality);
    if (first < Infinity) {
      this.#close(first);
      this.#hold(first, step);
    }
    for (const [name, column] of Object.entries(rest)) this[name] = this[name].concat(column);
    this.bad = this.bad.concat(bad);
    this.uncertain = this.uncertain.concat(uncertain);
  }

  #close(t) {
    for (const spans of [this.bad, this.uncertain]) {
      const open = spans[spans.length - 1];
      if (open && open[1] === Infinity) open[1] = t;
    }
  }

  #hold(t, step) {
    const last = this.t.length - 1;
    if (this.stepped || last < 0 || this.line[last] === null) return;
    if (t - this.t[last] > HOLD_PERIODS * step) this.#add(t - step, this.line[last], this.line[last], this.line[last], this.quality[last]);
  }

  #add(t, line, min, max, quality) {
    this.t.push(t);
    this.line.push(line);
    this.min.push(min);
    this.max.push(max);
    this.quality.push(quality);
  }

  /** Index of the newest point at or before `t`, -1 where there is none. */
  at(t) {
    let low = 0;
    let high = this.t.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.t[middle] <= t) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Smallest and largest value within [from, to], null where there is none. */
  extent(from, to) {
    let least = null;
    let most = null;
    for (let i = Math.max(0, this.at(from)); i < this.t.length && this.t[i] <= to; i += 1) {
      if (this.min[i] === null) continue;
      if (least === null || this.min[i] < least) least = this.min[i];
      if (most === null || this.max[i] > most) most = this.max[i];
    }
    return [least, most];
  }
}

/** From the trend answer's columns {t, min, max, avg, last, count, bad[, uncertain, mean, covered_s]}. */
export function fromBuckets(columns, bucketMs, periodMs, stepped) {
  const track = new Track(periodMs, stepped);
  let badBefore = false;
  for (let i = 0; i < columns.t.length; i += 1) {
    const t = columns.t[i];
    if (badBefore && t - track.lastTime > 1.5 * bucketMs) track.gap(track.lastTime + bucketMs);
    const empty = !columns.count[i];
    const line = empty ? (columns.mean?.[i] ?? null) : stepped ? columns.last[i] : columns.avg[i];
    track.pushBucket(t, bucketMs, {
      line, min: empty ? line : columns.min[i], max: empty ? line : columns.max[i], bad: columns.bad[i],
      uncertain: columns.uncertain?.[i] ?? 0, carried: empty,
    });
    badBefore = columns.bad[i] > 0;
  }
  return track;
}

/** From raw columns {t, value, quality}. */
export function fromRaw(columns, periodMs, stepped) {
  const track = new Track(periodMs, stepped);
  for (let i = 0; i < columns.t.length; i += 1) track.push(columns.t[i], columns.value[i], columns.quality[i]);
  return track;
}

/** The value holds up to `until` while the source lives: the line ends there and not at its last change. */
export function heldUntil(track, until) {
  const last = track.t.length - 1;
  if (last < 0 || track.line[last] === null || until <= track.t[last]) return track;
  const held = Object.assign(Object.create(Track.prototype), track);
  for (const name of ["t", "line", "min", "max", "quality"]) held[name] = track[name].slice();
  held.t.push(until);
  for (const name of ["line", "min", "max", "quality"]) held[name].push(name === "quality" ? track.quality[last] : track.line[last]);
  return held;
}

/** Bucket and grid of a window `points` wide: stable while the window moves. */
export function grid(from, to, points) {
  const bucket = Math.max(1, Math.ceil((to - from) / Math.max(1, points)));
  const start = Math.floor(from / bucket) * bucket;
  const end = Math.ceil(to / bucket) * bucket;
  return { bucket, start, end, points: Math.max(1, Math.round((end - start) / bucket)) };
}
