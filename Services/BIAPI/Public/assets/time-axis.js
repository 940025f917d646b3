// Where the service's times stand on an axis, and what they are called. An axis runs in UTC and shows wall-clock time: days
// are places of their own; moments (minutes and hours) are shifted by the zone's offset at the first of them, so that both
// hours of a clock that is put back have a place.

const second = 1000;
const units = { minute: 60 * second, hour: 3600 * second, day: 86400 * second, week: 7 * 86400 * second, month: 28 * 86400 * second, quarter: 89 * 86400 * second, year: 365 * 86400 * second };
const forms = {
  year: { year: "numeric" },
  month: { year: "numeric", month: "short" },
  week: { day: "numeric", month: "short", year: "numeric" },
  day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
  hour: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" },
};
const formatters = new Map();

function formatted(time, timeZone, form) {
  const key = timeZone + JSON.stringify(form);
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat("en-GB", { timeZone, ...form }));
  return formatters.get(key).format(time);
}

/** The text of an answer as a time: `2026-11-20`, or `2026-10-25 02:00:00+02` with its offset. NaN for what is neither. */
export function timeOf(text) {
  const parts = /^(\d{4,}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(\.\d+)?(?:Z|([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?)?$/.exec(text);
  if (!parts) return NaN;
  const [, day, clock = "00:00:00", fraction = "", sign, hours = 0, minutes = 0, seconds = 0] = parts;
  const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === "-" ? -1 : 1);
  return Date.parse(`${day}T${clock}${fraction.slice(0, 4)}Z`) - offset * second;
}

/** How far the clocks of a zone are ahead of UTC, in milliseconds. */
function offset(time, timeZone) {
  const parts = {};
  const form = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23", era: "short" };
  for (const { type, value } of new Intl.DateTimeFormat("en-US", { timeZone, ...form }).formatToParts(time)) parts[type] = value;
  const local = Date.UTC(Number(parts.year), Number(parts.month) - 1, Number(parts.day), Number(parts.hour), Number(parts.minute), Number(parts.second));
  return local - Math.floor(time / second) * second;
}

export class TimeAxis {
  /** `texts`: the times of an answer. `from`: the first whose unit is not over, or none. */
  constructor(texts, grain, zone, from) {
    this.grain = grain;
    this.isMoments = grain === "minute" || grain === "hour";
    this.zone = this.isMoments ? zone : "UTC";
    const first = texts.length ? timeOf(texts[0]) : NaN;
    this.shift = this.isMoments && !Number.isNaN(first) ? offset(first, zone) : 0;
    this.from = from ? this.place(from) : Infinity;
    this.step = units[grain];
  }

  /** The place of a time of the answer. */
  place(text) { return timeOf(text) + this.shift; }

  /** Whether the unit at a place is not over. */
  isPartial(place) { return place >= this.from; }

  /** The time at a place, whole: for tooltips and tables. */
  words(place) {
    if (Number.isNaN(place)) return "–";
    const time = place - this.shift;
    const so = this.isPartial(place) ? " (so far)" : "";
    if (this.grain === "quarter") return `Q${Math.floor(new Date(time).getUTCMonth() / 3) + 1} ${new Date(time).getUTCFullYear()}${so}`;
    const text = formatted(time, this.zone, forms[this.isMoments ? "hour" : this.grain]);
    return (this.grain === "week" ? `Week of ${text}` : text) + so;
  }

  /** The time at a mark of the axis, short: as much of it as tells this mark from the one before. */
  mark(place, index) {
    const time = place - this.shift;
    const day = (form) => formatted(time, this.zone, form);
    if (this.grain === "year") return day({ year: "numeric" });
    if (this.grain === "quarter") return this.words(place).replace(" (so far)", "");
    if (this.grain === "month") return day({ month: "short", year: "numeric" });
    if (!this.isMoments) {
      const date = new Date(time);
      const isYear = index === 0 || (date.getUTCMonth() === 0 && date.getUTCDate() <= (this.grain === "week" ? 7 : 1));
      return day(isYear ? { day: "numeric", month: "short", year: "numeric" } : { day: "numeric", month: "short" });
    }
    const clock = day({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    return clock === "00:00" || index === 0 ? day({ day: "numeric", month: "short" }) + (clock === "00:00" ? "" : `, ${clock}`) : clock;
  }
}
