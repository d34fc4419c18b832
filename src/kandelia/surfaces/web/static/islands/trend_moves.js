// Moving about in a trend by pointer, wheel and keyboard.
const WHEEL_FACTOR = 1.25;

/** Obey what is done on the stage. */
export function listenMoves(trend) {
  trend.stage.addEventListener("keydown", (event) => key(trend, event));
  trend.stage.addEventListener("wheel", (event) => wheel(trend, event), { passive: false });
  trend.stage.addEventListener("pointerdown", (event) => event.pointerType === "touch" && grab(trend, event));
}

/** A press with Shift moves the window, without it begins a box (`handle` is uPlot's). */
export function press(trend, event, handle) {
  if (event.button !== 0) return;
  if (event.shiftKey) grab(trend, event);
  else handle(event);
}

/** Pan while the pointer is held. */
function grab(trend, event) {
  event.preventDefault();
  trend.stage.focus({ preventScroll: true });
  const { from, to } = trend.view;
  const start = event.clientX;
  const perPixel = (to - from) / (trend.plot?.over.clientWidth || 1);
  trend.panning = true;
  trend.live = false;
  const move = (moved) => {
    const by = (start - moved.clientX) * perPixel;
    trend.setSpan(from + by, to + by);
    trend.redraw();
  };
  const end = () => {
    trend.panning = false;
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    trend.load();
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

function wheel(trend, event) {
  if (!(event.ctrlKey || event.metaKey || event.shiftKey)) return; // a plain wheel scrolls the page
  event.preventDefault();
  if (event.shiftKey) trend.shift(Math.sign(event.deltaY || event.deltaX) * 0.1);
  else trend.zoom(event.deltaY < 0 ? 1 / WHEEL_FACTOR : WHEEL_FACTOR, trend.cursorTime ?? undefined);
}

function key(trend, event) {
  const acts = {
    ArrowLeft: () => step(trend, event.shiftKey ? -10 : -1), ArrowRight: () => step(trend, event.shiftKey ? 10 : 1),
    "+": () => trend.zoom(0.5), "=": () => trend.zoom(0.5), "-": () => trend.zoom(2), Home: () => trend.all(), l: () => trend.follow(trend.length),
    L: () => trend.follow(trend.length), PageUp: () => trend.shift(-0.5), PageDown: () => trend.shift(0.5), Escape: () => trend.plot?.setCursor({ left: -10, top: -10 }),
  };
  if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  acts[event.key]();
}

/** Move the cursor by points of the first signal. */
function step(trend, by) {
  const track = trend.view.tracks.get(trend.view.signals[0]?.number);
  if (!track?.t.length || !trend.plot) return;
  const at = trend.cursorTime === null || trend.cursorTime === undefined ? track.t.length - 1 : track.at(trend.cursorTime + 0.5) + by;
  const t = track.t[Math.min(track.t.length - 1, Math.max(0, at))];
  const shown = Math.min(trend.view.to, Math.max(trend.view.from, t));
  trend.plot.setCursor({ left: trend.plot.valToPos(shown, "x"), top: trend.plot.over.clientHeight / 2 });
}
