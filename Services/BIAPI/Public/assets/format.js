// Numbers and times as people read them.

const numbers = {
  integer: new Intl.NumberFormat("en", { maximumFractionDigits: 0 }),
  decimal: new Intl.NumberFormat("en", { maximumFractionDigits: 2 }),
  percent: new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 }),
  compact: new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }),
};

/** A value of a metric by the format that its definition names. */
export function number(value, format = "decimal") {
  if (value === null || value === undefined || value === "") return "–";
  const amount = Number(value);
  if (!Number.isFinite(amount)) return String(value);
  return format === "seconds" ? duration(amount) : (numbers[format] ?? numbers.decimal).format(amount);
}

/** Short, for axes. */
export function axisNumber(value, format) {
  if (format === "percent" || format === "seconds") return number(value, format);
  return Math.abs(value) >= 10000 ? numbers.compact.format(value) : numbers.decimal.format(value);
}

export function duration(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${rest} s` : `${rest} s`;
}

const parts = {
  year: { year: "numeric" },
  quarter: { year: "numeric", month: "short" },
  month: { year: "numeric", month: "short" },
  week: { day: "numeric", month: "short", year: "numeric" },
  day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  hour: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false },
  minute: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false },
};

/** The service's wall-clock text (in the dashboard's zone already) as a number for an axis that runs in UTC. */
export const wallTime = (text) => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : `${text.replace(" ", "T").slice(0, 19)}Z`);

/** A wall-clock time rounded to `grain`, in words. */
export function moment(text, grain = "minute") {
  const time = typeof text === "number" ? text : wallTime(text);
  if (Number.isNaN(time)) return String(text);
  const words = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...(parts[grain] ?? parts.minute) }).format(time);
  return grain === "week" ? `Week of ${words}` : words;
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
