// Where a line ends: a value holds until the next sample, for as long as its source is known to have lived.
import { heldUntil } from "./columns.js";
import { connectionState, nowMs } from "./live.js";

const FRESH_MS = 6000; // a source that proved alive so lately is alive

/** The view as drawn. A signal without a source that could prove it ends at its last sample. */
export function heldView(view) {
  return { ...view, tracks: held(view, view.tracks, view.to), overlay: view.overlay && held(view, view.overlay, view.to - view.shift) };
}

function held(view, tracks, until) {
  const found = new Map(tracks);
  for (const one of view.signals) {
    const proof = one.connection ? (connectionState(one.connection)?.proof_ms ?? 0) : 0;
    const alive = nowMs() - proof < FRESH_MS ? nowMs() : proof;
    if (tracks.has(one.number)) found.set(one.number, heldUntil(tracks.get(one.number), Math.min(until, alive)));
  }
  return found;
}
