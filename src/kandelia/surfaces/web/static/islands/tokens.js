// The design tokens, for what is drawn on a canvas.
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export const colour = (place) => token(`--chart-${(place % 8) + 1}`);
