// Times and lengths of time as people read them, in the reader's zone.

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** `10:05`, `22 Nov, 10:05` when it is another day, with the year when it is another one. */
export function when(text, { seconds = false } = {}) {
  if (!text) return "–";
  const time = new Date(text);
  const now = new Date();
  const words = (seconds ? clockWithSeconds : clock).format(time);
  if (time.toDateString() === now.toDateString()) return words;
  return `${(time.getFullYear() === now.getFullYear() ? day : dayAndYear).format(time)}, ${words}`;
}

const utc = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });

/** The day of a time in UTC, where data is cut into days. */
export const utcDay = (text) => utc.format(new Date(text));

/** The exact time, for a tooltip. */
export const exact = (text) => (text ? new Date(text).toISOString() : "");

/** Milliseconds between two times; to now when the second is missing; null when the first is. */
export function between(from, to) {
  if (!from) return null;
  return Math.max(0, (to ? new Date(to) : new Date()) - new Date(from));
}

export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "–";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60000) return `${(milliseconds / 1000).toFixed(milliseconds < 10000 ? 1 : 0)} s`;
  const minutes = Math.floor(milliseconds / 60000);
  if (minutes < 60) return `${minutes} min ${Math.round((milliseconds % 60000) / 1000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `in 12 s`, `in 3 min`, `5 min ago`. */
export function relative(text) {
  if (!text) return "";
  const difference = new Date(text) - Date.now();
  const size = Math.abs(difference) / 1000;
  const words = size < 60 ? `${Math.round(size)} s` : size < 3600 ? `${Math.round(size / 60)} min`
    : size < 86400 ? `${Math.round(size / 3600)} h` : `${Math.round(size / 86400)} d`;
  return difference >= 0 ? `in ${words}` : `${words} ago`;
}

export const count = (number, one, many = `${one}s`) => `${new Intl.NumberFormat("en").format(number)} ${number === 1 ? one : many}`;
