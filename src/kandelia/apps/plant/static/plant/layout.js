// Where tiles stand on the grid: moving one pushes what it covers, nothing overlaps. Pure (tested with node).
export const COLUMNS = 12;
export const ROWS_MAX = 60;
export const HEIGHT_MAX = 12;

export const overlaps = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
const free = (tile, others) => !others.some((other) => overlaps(tile, other));
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** `tiles` with the one at `place` at (x, y): what it covers goes above it where there is room, else down. */
export function moved(tiles, place, x, y) {
  const tile = tiles[place];
  return settled(tiles, place, { ...tile, x: clamp(x, 0, COLUMNS - tile.w), y: clamp(y, 0, ROWS_MAX - tile.h) });
}

/** `tiles` with the one at `place` w wide and h high. */
export function sized(tiles, place, w, h) {
  const tile = tiles[place];
  return settled(tiles, place, { ...tile, w: clamp(w, 1, COLUMNS - tile.x), h: clamp(h, 1, Math.min(HEIGHT_MAX, ROWS_MAX - tile.y)) });
}

/** The first place, row by row, that takes a tile of this size; null where the grid is full. */
export function placeFor(tiles, w, h) {
  for (let y = 0; y <= ROWS_MAX - h; y += 1) {
    for (let x = 0; x <= COLUMNS - w; x += 1) if (free({ x, y, w, h }, tiles)) return { x, y };
  }
  return null;
}

/** From top to bottom, as they are read and written. */
export const inOrder = (tiles) => [...tiles].sort((a, b) => a.y - b.y || a.x - b.x);

/** In the order given; as it was where the grid would run over. */
function settled(tiles, place, tile) {
  const standing = [tile];
  const result = [...tiles];
  result[place] = tile;
  const rest = tiles.map((other, n) => [other, n]).filter(([, n]) => n !== place);
  rest.sort(([a], [b]) => a.y - b.y || a.x - b.x);
  const untouched = rest.filter(([other]) => !overlaps(other, tile)).map(([other]) => other);
  for (const [other, n] of rest) {
    const above = overlaps(other, tile) ? beside(other, tile, [...standing, ...untouched]) : null;
    const to = above ?? down(other, standing);
    if (to.y + to.h > ROWS_MAX) return tiles;
    standing.push(to);
    result[n] = to;
  }
  return result;
}

function beside(other, tile, standing) {
  const above = { ...other, y: tile.y - other.h };
  return above.y >= 0 && free(above, standing) ? above : null;
}

function down(tile, standing) {
  let { y } = tile;
  while (!free({ ...tile, y }, standing)) y += 1;
  return { ...tile, y };
}
