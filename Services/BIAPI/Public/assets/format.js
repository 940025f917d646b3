// Numbers and lengths of time as people read them. A number that a script would round comes as text, and stays exact.

const formats = {
  integer: { maximumFractionDigits: 0 },
  decimal: { maximumFractionDigits: 2 },
  percent: { style: "percent", maximumFractionDigits: 1 },
  compact: { notation: "compact", maximumFractionDigits: 1 },
};
/** What is too small for the digits of its format. */
const small = { maximumSignificantDigits: 2, maximumFractionDigits: undefined, notation: undefined };
const made = new Map();

function formatter(name, isSmall) {
  const key = `${name} ${isSmall}`;
  if (!made.has(key)) made.set(key, new Intl.NumberFormat("en", isSmall ? { ...formats[name], ...small } : formats[name]));
  return made.get(key);
}

/** A number of a chart's answer; null for none. */
export function amount(value) {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(value);
  return Number.isNaN(number) ? null : number;
}

/** A value of a metric by the format that its definition names; without one, as the value asks for. */
export function number(value, format) {
  if (value === null || value === undefined || value === "") return "–";
  const size = Number(value);
  if (!Number.isFinite(size)) return String(value);
  if (format === "seconds") return duration(size);
  const name = formats[format] ? format : "decimal";
  // A value that is not zero is never shown as if it were.
  const isSmall = size !== 0 && Math.abs(size) < { integer: 0.5, decimal: 0.1, percent: 0.001, compact: 0.1 }[name];
  return formatter(name, isSmall).format(typeof value === "string" ? value : size);
}

/** Short, for axes. */
export function axisNumber(value, format) {
  if (format === "percent" || format === "seconds") return number(value, format);
  return number(value, Math.abs(value) >= 10000 ? "compact" : "decimal");
}

export function duration(seconds) {
  if (seconds < 0) return `−${duration(-seconds)}`;
  if (seconds > 0 && seconds < 1) return `${formatter("integer", false).format(Math.max(1, seconds * 1000))} ms`;
  const whole = Math.round(seconds);
  const parts = [[Math.floor(whole / 86400), "d"], [Math.floor((whole % 86400) / 3600), "h"], [Math.floor((whole % 3600) / 60), "min"], [whole % 60, "s"]];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** `just now`, `12 s ago`, `5 min ago` … */
export function ago(time) {
  const seconds = Math.max(0, Math.round((Date.now() - time) / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

export function milliseconds(value) {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(value < 10000 ? 2 : 1)} s`;
}

/** A value of a dimension in words. */
export const words = (value) => (value === null || value === undefined ? "(none)" : value === "" ? "(empty)" : String(value));
