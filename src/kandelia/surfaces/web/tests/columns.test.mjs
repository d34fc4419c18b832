// Promise: a trend shows silence as a held value, and a gap only where one was marked; spikes keep their height.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Track, fromBuckets, fromRaw, grid, heldUntil } from "./columns.mjs";

const GOOD = 0;
const BAD = 0x8031;

test("a bad sample makes a gap that lasts until the next good one", () => {
  const track = fromRaw({ t: [0, 1000, 2000, 5000], value: [1, 2, null, 4], quality: [GOOD, GOOD, BAD, GOOD] }, 1000, false);
  assert.deepEqual(track.line, [1, 2, null, 4]);
  assert.deepEqual(track.bad, [[2000, 5000]]);
});

test("a good sample without a value is a gap too", () => {
  assert.deepEqual(fromRaw({ t: [0, 1], value: [null, 1], quality: [0, 0] }, 1000, false).line, [null, 1]);
});

test("silence holds the value and does not become a slope", () => {
  const track = fromRaw({ t: [0, 60_000], value: [1, 9], quality: [0, 0] }, 1000, false);
  assert.deepEqual(track.t, [0, 59_000, 60_000]);
  assert.deepEqual(track.line, [1, 1, 9]);
});

test("a stepped line needs no held points", () => {
  assert.deepEqual(fromRaw({ t: [0, 60_000], value: [0, 1], quality: [0, 0] }, 1000, true).t, [0, 60_000]);
});

test("uncertain stays drawn and is marked", () => {
  const track = fromRaw({ t: [0, 1000], value: [1, 2], quality: [0x4090, 0] }, 1000, false);
  assert.deepEqual(track.line, [1, 2]);
  assert.deepEqual(track.uncertain, [[0, 1000]]);
});

test("late and repeated samples change nothing", () => {
  const track = new Track();
  for (const [t, value] of [[5, 1], [5, 2], [3, 3], [6, 4]]) track.push(t, value, 0);
  assert.deepEqual(track.line, [1, 4]);
});

test("a spike keeps its height in a bucket", () => {
  const track = fromBuckets({ t: [0, 10], min: [1, 0], max: [2, 99], avg: [1.5, 3], first: [1, 1], last: [2, 1], count: [5, 5], bad: [0, 0] }, 10, 1, false);
  assert.deepEqual(track.extent(0, 20), [0, 99]);
});

test("after a bad bucket silence is a gap, after a good one it is held", () => {
  const columns = { t: [0, 50, 100], min: [1, 1, 1], max: [1, 1, 1], avg: [1, 1, 1], first: [1, 1, 1], last: [1, 1, 1], count: [1, 1, 1], bad: [1, 0, 0] };
  const track = fromBuckets(columns, 10, 1, false);
  assert.deepEqual([track.t[1], track.line[1]], [10, null]);
  assert.deepEqual([track.t[3], track.line[3]], [90, 1]);
});

test("a bucket into which a value carries is drawn, one without is a gap", () => {
  const columns = { t: [0, 10, 20], min: [1, null, null], max: [1, null, null], avg: [1, null, null], last: [1, null, null], count: [1, 0, 0], bad: [0, 0, 1], mean: [1, 1, null] };
  assert.deepEqual(fromBuckets(columns, 10, 1, false).line, [1, 1, null]);
});

test("the live end holds only to the last proof of life, and never over a gap", () => {
  const track = fromRaw({ t: [0, 1000], value: [1, 2], quality: [0, 0] }, 1000, false);
  assert.deepEqual(heldUntil(track, 4000).line, [1, 2, 2]);
  assert.equal(heldUntil(track, 500), track);
  track.push(2000, null, BAD);
  assert.equal(heldUntil(track, 4000), track);
});

test("at finds the newest point at or before", () => {
  const track = fromRaw({ t: [10, 20, 30], value: [1, 2, 3], quality: [0, 0, 0] }, 1000, false);
  assert.deepEqual([9, 10, 25, 99].map((t) => track.at(t)), [-1, 0, 1, 2]);
});

test("the grid of a window covers it and stands still while it moves a little", () => {
  const one = grid(1_000_003, 1_600_003, 600);
  const other = grid(1_000_503, 1_600_503, 600);
  assert.ok(one.start <= 1_000_003 && one.end >= 1_600_003);
  assert.equal(one.bucket, other.bucket);
  assert.equal(one.start % one.bucket, 0);
});

test("a value from before the window holds until just before the first sample in it", () => {
  const track = fromRaw({ t: [100_000, 101_000], value: [5, 6], quality: [GOOD, GOOD] }, 1000, false);
  track.carry(10_000, 2, GOOD, 1000);
  assert.deepEqual(track.t, [10_000, 99_000, 100_000, 101_000]);
  assert.deepEqual(track.line, [2, 2, 5, 6]);
});

test("a value from before the window is all there is where nothing changed in it", () => {
  const track = new Track(1000, true);
  track.carry(10, 3, GOOD, 1000);
  assert.deepEqual(track.line, [3]);
  track.carry(20, 4, GOOD, 1000);
  assert.deepEqual(track.line, [3], "nothing is carried over what is there");
});

test("a gap from before the window lasts to the first sample in it", () => {
  const track = fromRaw({ t: [100_000], value: [5], quality: [GOOD] }, 1000, false);
  track.carry(10_000, null, BAD, 1000);
  assert.deepEqual(track.line, [null, 5]);
  assert.deepEqual(track.bad, [[10_000, 100_000]]);
});
