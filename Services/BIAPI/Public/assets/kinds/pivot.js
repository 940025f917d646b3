// `pivot`: metrics in a table of two sides, with the database's own totals.
import { el } from "/shared/dom.js";
import { number, words } from "../format.js";
import { columnOf, metricsOf } from "./data.js";

/** The sides of the table: keys in order, and cells by both keys. A total has the key of no values. */
function sidesOf(chart, data) {
  const metrics = metricsOf(data);
  const levelAt = columnOf(data, "level");
  const [down, across, cells] = [new Map(), new Map(), new Map()];
  for (const row of data.rows) {
    const level = levelAt < 0 ? 0 : Number(row[levelAt]);
    const values = [level & 2 ? [] : row.slice(0, chart.rows), level & 1 ? [] : row.slice(chart.rows, chart.rows + chart.columns)];
    const keys = values.map((part) => JSON.stringify(part));
    if (values[0].length) down.set(keys[0], values[0]);
    if (values[1].length) across.set(keys[1], values[1]);
    cells.set(keys.join(), metrics.map((metric) => row[metric.index]));
  }
  const order = (side) => [...side].sort(([, left], [, right]) => compare(left, right));
  const total = chart.totals ? [["[]", []]] : [];
  return { metrics, down: [...order(down), ...total], across: [...order(across), ...total], cells };
}

/** Numbers as numbers, texts as texts, nothing last. */
function compare(left, right) {
  for (let index = 0; index < left.length; index += 1) {
    const [a, b] = [left[index], right[index]];
    if (a === b) continue;
    if (a === null || b === null) return a === null ? 1 : -1;
    const isNumber = typeof a === "number" && typeof b === "number";
    return isNumber ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  }
  return 0;
}

/** Instead of the plain table. */
export function table(chart, data) {
  const { metrics, down, across, cells } = sidesOf(chart, data);
  const named = (values) => (values.length ? values.map(words).join(" · ") : "Total");
  const hasMany = metrics.length > 1;
  const heads = data.columns.slice(0, chart.rows).map((column) => el("th", { scope: "col", rowSpan: hasMany ? 2 : 1 }, column.label));
  const top = across.map(([, values]) => el("th", { scope: "colgroup", class: values.length ? "number" : "number total", colSpan: metrics.length }, named(values)));
  const second = across.flatMap(() => metrics.map((metric) => el("th", { scope: "col", class: "number" }, metric.label)));
  const rows = down.map(([key, values]) => el("tr", { class: values.length ? "" : "total" },
    values.length ? values.map((value) => el("th", { scope: "row" }, words(value))) : el("th", { scope: "row", colSpan: chart.rows }, "Total"),
    across.flatMap(([other, columns]) => metrics.map((metric, index) => {
      const value = cells.get(`${key},${other}`)?.[index];
      return el("td", { class: columns.length ? "number" : "number total", title: value === undefined || value === null ? "" : String(value) }, number(value, metric.format));
    }))));
  return el("table", { class: "data pivot" },
    el("thead", {}, el("tr", {}, heads, top), hasMany && el("tr", {}, second)), el("tbody", {}, rows));
}
