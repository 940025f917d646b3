// The columns of an answer by what they are for, and its rows as the lines of a drawing.
import { amount, words } from "../format.js";
import { TimeAxis } from "../time-axis.js";

export const metricsOf = (data) => data.columns.map((column, index) => ({ ...column, index })).filter((column) => column.role === "metric");
export const columnOf = (data, role) => data.columns.findIndex((column) => column.role === role);

/** The axis of times of an answer; null where x is something else. */
export function timeAxisOf(chart, data, zone) {
  const at = columnOf(data, "x");
  if (at < 0 || !chart.grain) return null;
  return new TimeAxis(data.rows.map((row) => row[at]).filter((text) => text !== null), chart.grain, zone, data.partial_from);
}

/**
 * The rows as lines over one x: `places` (times, or names in the order of the rows) and `lines`, each with a value (or null)
 * for every place. Rows of different series meet by their x, whichever of them there are.
 */
export function linesOf(chart, data, time) {
  const at = columnOf(data, "x");
  const by = columnOf(data, "series");
  const metrics = metricsOf(data);
  const place = (row) => (time ? time.place(row[at]) : row[at]);
  const keys = [...new Set(data.rows.map(place))];
  if (time) keys.sort((left, right) => left - right);
  const index = new Map(keys.map((each, position) => [each, position]));
  const places = time ? keys : keys.map(words);
  const empty = () => new Array(places.length).fill(null);
  if (by < 0) {
    const lines = metrics.map((metric) => ({ name: metric.label, column: metric.name, format: metric.format, values: empty(), texts: empty() }));
    for (const row of data.rows) lines.forEach((line, number) => put(line, index.get(place(row)), row[metrics[number].index]));
    return { places, lines };
  }
  const groups = new Map();
  for (const row of data.rows) {
    const key = row[by];
    if (!groups.has(key)) groups.set(key, { name: words(key), format: metrics[0].format, values: empty(), texts: empty() });
    put(groups.get(key), index.get(place(row)), row[metrics[0].index]);
  }
  return { places, lines: [...groups.values()] };
}

function put(line, position, value) {
  line.values[position] = amount(value);
  line.texts[position] = value;
}
