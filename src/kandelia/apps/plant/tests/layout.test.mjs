import assert from "node:assert/strict";
import { test } from "node:test";
import { COLUMNS, ROWS_MAX, inOrder, moved, overlaps, placeFor, sized } from "./layout.mjs";

const tile = (x, y, w, h) => ({ x, y, w, h });
const clean = (tiles) => tiles.every((a, n) => tiles.every((b, m) => m <= n || !overlaps(a, b)) && a.x >= 0 && a.y >= 0 && a.x + a.w <= COLUMNS && a.y + a.h <= ROWS_MAX);

test("what is covered goes down", () => {
  const found = moved([tile(0, 0, 6, 4), tile(0, 4, 6, 4)], 0, 0, 1);
  assert.deepEqual(found, [tile(0, 1, 6, 4), tile(0, 5, 6, 4)]);
});

test("what is covered goes above where there is room", () => {
  const found = moved([tile(0, 0, 6, 4), tile(0, 4, 6, 4)], 0, 0, 4);
  assert.deepEqual(found, [tile(0, 4, 6, 4), tile(0, 0, 6, 4)]);
});

test("a push goes on to what stands below", () => {
  const found = moved([tile(6, 0, 6, 2), tile(0, 0, 6, 2), tile(0, 2, 6, 2)], 0, 0, 0);
  assert.deepEqual(found, [tile(0, 0, 6, 2), tile(0, 2, 6, 2), tile(0, 4, 6, 2)]);
});

test("a tile stays on the grid", () => {
  assert.deepEqual(moved([tile(0, 0, 6, 4)], 0, 99, -5), [tile(6, 0, 6, 4)]);
  assert.deepEqual(sized([tile(8, 0, 2, 2)], 0, 40, 0), [tile(8, 0, 4, 1)]);
});

test("where the grid would run over nothing moves", () => {
  const full = [tile(0, 0, 12, 12), tile(0, 12, 12, 12), tile(0, 24, 12, 12), tile(0, 36, 12, 12), tile(0, 48, 12, 12)];
  assert.equal(moved(full, 0, 0, 3), full);
  assert.equal(placeFor(full, 1, 1), null);
});

test("a new tile takes the first free place", () => {
  assert.deepEqual(placeFor([tile(0, 0, 6, 4)], 6, 4), { x: 6, y: 0 });
  assert.deepEqual(placeFor([tile(0, 0, 8, 4)], 6, 4), { x: 0, y: 4 });
});

test("tiles are read from top to bottom", () => {
  assert.deepEqual(inOrder([tile(6, 0, 1, 1), tile(0, 4, 1, 1), tile(0, 0, 1, 1)]), [tile(0, 0, 1, 1), tile(6, 0, 1, 1), tile(0, 4, 1, 1)]);
});

test("whatever one does, nothing overlaps and nothing leaves the grid", () => {
  let seed = 7;
  const chance = (below) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 300; round += 1) {
    let tiles = [];
    for (let n = 0; n < 8; n += 1) {
      const [w, h] = [1 + chance(6), 1 + chance(4)];
      const at = placeFor(tiles, w, h);
      tiles = [...tiles, { ...at, w, h }];
    }
    for (let step = 0; step < 20; step += 1) {
      const place = chance(tiles.length);
      tiles = chance(2) ? moved(tiles, place, chance(13), chance(20)) : sized(tiles, place, 1 + chance(12), 1 + chance(6));
      assert.ok(clean(tiles), JSON.stringify(tiles));
    }
  }
});
