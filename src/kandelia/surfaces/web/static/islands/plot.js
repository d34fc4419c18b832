// How tracks are drawn with uPlot: scales by unit, the band, hatches, axes in the site's time. No data is fetched here.
import uPlot from "../vendor/uplot/uPlot.esm.js";
import { KIND, number, stepped, valueText } from "./format.js";
import { token } from "./tokens.js";

const AXES_MAX = 4;
const AXES_MAX_WIDE = 6; // over WIDE_PX
const WIDE_PX = 1100;
const AXES_MAX_NARROW = 2; // under NARROW_PX axes leave too little for the lines
const NARROW_PX = 600;
const STRIP_PX = 6; // height of the quality strip of one signal among several
const HATCH_PX = 6;
const BAND_ALPHA = "33";
const EDGE_ALPHA = "66";

const scaleOf = (one) => (stepped(one) ? `state${one.number}` : one.own ? `own:${one.number}` : `unit:${one.unit}`);

const formats = new Map();
function clock(zone, parts) {
  const key = `${zone}|${Object.keys(parts)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("sv-SE", { timeZone: zone || undefined, ...parts }));
  return formats.get(key);
}

const HM = { hour: "2-digit", minute: "2-digit" };
const HMS = { ...HM, second: "2-digit" };
const YMD = { year: "numeric", month: "2-digit", day: "2-digit" };
const day = (zone, ms) => clock(zone, YMD).format(ms).slice(5); // 2026-11-24 as 11-24

function timeLabel(ms, step, zone, first) {
  if (step < 1000) return `${clock(zone, HMS).format(ms)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;
  if (step >= 28 * 86_400_000) return clock(zone, { year: "numeric", month: "2-digit" }).format(ms);
  if (step >= 86_400_000) return day(zone, ms);
  const time = clock(zone, step < 60_000 ? HMS : HM).format(ms);
  return first || time === "00:00" ? `${time}\n${day(zone, ms)}` : time;
}

function timeAxis(zone, ink, line, font) {
  return {
    stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 }, size: 44, space: 80,
    values: (_, splits, __, ___, step) => splits.map((ms, i) => timeLabel(ms, step, zone, i === 0)),
  };
}

function valueAxis(scale, members, side, grid, ink, line, font) {
  const [one] = members;
  const labels = stepped(one)
    ? (_, splits) => splits.map((v) => (Number.isInteger(v) ? valueText(v, one) : ""))
    : (_, splits, __, ___, step) => {
        const decimals = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
        return splits.map((v) => number(v, decimals));
      };
  return {
    scale, side, stroke: members.length === 1 ? one.colour : ink, font, grid: { show: grid, stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 }, values: labels, incrs: stepped(one) ? [1, 2, 5, 10, 20, 50, 100] : undefined,
    label: stepped(one) ? undefined : one.unit || undefined, labelSize: 18, labelFont: font, labelGap: 0, gap: 4,
    size: (_, values) => Math.max(44, Math.min(120, 14 + 7 * Math.max(0, ...(values ?? []).map(width)))),
  };
}

const width = (text) => [...String(text)].reduce((sum, sign) => sum + (sign > "\u2e7f" ? 2 : 1), 0);

function range(one, spread) {
  if (stepped(one)) {
    const codes = one.kind === KIND.BOOLEAN ? [0, 1] : Object.keys(one.labels ?? {}).map(Number);
    return (_, low, high) => [Math.min(low ?? 0, ...codes) - 0.3, Math.max(high ?? 1, ...codes) + 0.3];
  }
  return (_, low, high) => {
    if (low === null || low === undefined) return [one.low ?? 0, one.high ?? 1];
    const room = (high - low) * 0.08 || Math.abs(high) * 0.02 || spread;
    return [low - room, high + room];
  };
}

function seriesOf(one, overlay) {
  const scale = scaleOf(one);
  const paths = stepped(one) ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear();
  if (overlay) return [{ scale, stroke: one.colour + "99", width: 1, dash: [5, 4], paths, points: { show: false }, spanGaps: false }];
  const edge = { scale, stroke: one.colour + EDGE_ALPHA, width: 1, paths, points: { show: false }, spanGaps: false };
  return [
    { scale, stroke: one.colour, width: 1.5, paths, spanGaps: false, points: { size: 5, stroke: one.colour, fill: one.colour } },
    { ...edge, show: !stepped(one) },
    { ...edge, show: !stepped(one) },
  ];
}

function hatchPattern(context, ink) {
  const size = HATCH_PX * devicePixelRatio;
  const tile = new OffscreenCanvas(size, size);
  const pen = tile.getContext("2d");
  pen.strokeStyle = ink;
  pen.lineWidth = devicePixelRatio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** Bad spans hatched over the whole height for one signal, in a strip each for several; uncertain ones dotted below. */
function drawQuality(plot, view) {
  const { ctx, bbox } = plot;
  const several = view.signals.length > 1;
  const strip = STRIP_PX * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  view.signals.forEach((one, place) => {
    const track = view.tracks.get(one.number);
    if (!track) return;
    const top = several ? bbox.top + bbox.height - strip * (view.signals.length - place) : bbox.top;
    ctx.fillStyle = hatchPattern(ctx, several ? one.colour : token("--ink-faint") || one.colour);
    fillSpans(plot, track.bad, top, several ? strip : bbox.height);
    ctx.fillStyle = one.colour + EDGE_ALPHA;
    fillSpans(plot, track.uncertain, several ? top : bbox.top + bbox.height - strip / 2, strip / 2);
  });
  ctx.restore();
}

function fillSpans(plot, spans, top, height) {
  const { left, width: wide } = plot.bbox;
  for (const [from, to] of spans) {
    const x0 = Math.max(left, plot.valToPos(from, "x", true));
    const x1 = Math.min(left + wide, to === Infinity ? left + wide : plot.valToPos(to, "x", true));
    if (x1 > x0) plot.ctx.fillRect(x0, top, Math.max(1, x1 - x0), height);
  }
}

/** The normal range of the only signal, as two thin lines. */
function drawNormal(plot, view) {
  const [one] = view.signals;
  if (view.signals.length !== 1 || stepped(one)) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = token("--ink-faint") || one.colour;
  ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const limit of [one.low, one.high]) {
    const y = limit === null || limit === undefined ? NaN : plot.valToPos(limit, scaleOf(one), true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

/** A uPlot for view = {signals, tracks, overlay: boolean, zone, from, to}; hooks = {cursor, select, mousedown}. */
export function makePlot(host, view, hooks) {
  const ink = token("--ink-soft") || "#666";
  const line = token("--line") || "#ccc";
  const font = `${token("--text-12") || "12px"} ${getComputedStyle(host).fontFamily}`;
  const scales = { x: { time: true, range: () => [view.from, view.to] } };
  const groups = new Map();
  for (const one of view.signals) {
    const scale = scaleOf(one);
    if (!groups.has(scale)) groups.set(scale, []);
    groups.get(scale).push(one);
    scales[scale] = { range: range(one, 10 ** -(one.decimals ?? 2)) };
  }
  const axes = [timeAxis(view.zone, ink, line, font)];
  [...groups].slice(0, host.clientWidth < NARROW_PX ? AXES_MAX_NARROW : host.clientWidth > WIDE_PX ? AXES_MAX_WIDE : AXES_MAX).forEach(([scale, members], place) => {
    axes.push(valueAxis(scale, members, place % 2 ? 1 : 3, place === 0, ink, line, font));
  });
  const series = [{}];
  const bands = [];
  for (const one of view.signals) {
    if (!stepped(one)) bands.push({ series: [series.length + 1, series.length + 2], fill: one.colour + BAND_ALPHA });
    series.push(...seriesOf(one, false));
  }
  if (view.overlay) for (const one of view.signals) series.push(...seriesOf(one, true));
  const options = {
    width: host.clientWidth || 600, height: host.clientHeight || 300, ms: 1, legend: { show: false }, scales, axes, series, bands,
    tzDate: (ms) => (view.zone ? uPlot.tzDate(new Date(ms), view.zone) : new Date(ms)),
    cursor: { drag: { x: true, y: false, setScale: false }, bind: { mousedown: hooks.mousedown, dblclick: () => () => null }, points: { size: 6 } },
    hooks: {
      drawClear: [(plot) => drawQuality(plot, view)], drawAxes: [(plot) => drawNormal(plot, view)],
      setCursor: [hooks.cursor], setSelect: [hooks.select],
    },
  };
  return new uPlot(options, columnsOf(view), host);
}

/** uPlot's aligned columns; null stays a gap, undefined only means "no point of mine here". */
export function columnsOf(view) {
  const tables = view.signals.map((one) => {
    const track = view.tracks.get(one.number);
    return track?.t.length ? [track.t, track.line, track.max, track.min] : [[view.from], [null], [null], [null]];
  });
  if (view.overlay) {
    for (const one of view.signals) {
      const track = view.overlay.get(one.number);
      tables.push(track?.t.length ? [track.t.map((t) => t + view.shift), track.line] : [[view.from], [null]]);
    }
  }
  if (!tables.length) return [[view.from, view.to]];
  return uPlot.join(tables, tables.map((table) => table.map(() => 2)));
}

