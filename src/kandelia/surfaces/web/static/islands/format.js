// Numbers, ages and qualities as a person reads them.
import { language, say } from "./words.js";

export const KIND = { MISSING: 0, FLOAT: 1, INTEGER: 2, BOOLEAN: 3, TEXT: 4, ENUMERATION: 5 };

/** Values that hold until the next one, drawn as steps. */
export const stepped = (one) => one.kind === KIND.BOOLEAN || one.kind === KIND.ENUMERATION;

const formats = new Map();

/** 0 good, 1 uncertain, 2 bad: the first two bits of an OPC UA status (base.quality). */
export const severity = (quality) => Math.min(quality >> 14, 2);

export function number(value, decimals) {
  if (!Number.isFinite(value)) return "–";
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format.format(value);
}

/** A value by its definition: {kind, decimals, labels}. The unit stands beside it. */
export function valueText(value, definition) {
  if (value === null || value === undefined) return "–";
  switch (definition.kind) {
    case KIND.BOOLEAN:
      return definition.labels?.[value ? 1 : 0] ?? say(value ? "yes" : "no");
    case KIND.ENUMERATION:
      return definition.labels?.[value] ?? String(value);
    case KIND.TEXT:
      return String(value);
    case KIND.INTEGER:
      return number(Number(value), 0);
    default:
      return number(value, definition.decimals ?? 2);
  }
}

const UNITS = language === "zh" ? [" 秒", " 分", " 小时", " 天"] : [" s", " min", " h", " d"];

/** A span of time in its largest fitting unit. */
export function span(ms) {
  if (ms < 1000) return `${Math.max(1, Math.round(ms))} ${language === "zh" ? "毫秒" : "ms"}`;
  const s = ms / 1000;
  if (s < 120) return `${Math.round(s)}${UNITS[0]}`;
  if (s < 7200) return `${Math.round(s / 60)}${UNITS[1]}`;
  if (s < 172800) return `${Math.round(s / 3600)}${UNITS[2]}`;
  return `${Math.round(s / 86400)}${UNITS[3]}`;
}

export const age = (ms) => (ms < 2500 ? say("now") : span(ms));

/** The same as a moment in the past. */
export const ago = (ms) => (ms < 2500 ? say("now") : say("ago", span(ms)));

/** Exact local time of the site, to the millisecond where it has any. */
export function timeText(ms, zone) {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone || undefined, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).format(new Date(ms));
  const fraction = Math.round(ms) % 1000;
  return fraction ? `${parts}.${String(fraction).padStart(3, "0")}` : parts;
}
