// `table`: the rows as they are; also what every other chart can be looked at as.
import { el } from "/shared/dom.js";
import { number, words } from "../format.js";
import { timeAxisOf } from "./data.js";

/** The rows as a table. */
export function table(chart, data, zone) {
  const time = timeAxisOf(chart, data, zone);
  const isNumber = (column) => column.role === "metric" || column.type === "number";
  const text = (column, value) => (column.role === "metric" ? number(value, column.format) : column.role === "x" && time ? time.words(time.place(value)) : words(value));
  const cell = (column, value) => (value === null
    ? el("td", { class: isNumber(column) ? "number null" : "null" }, "–")
    : el("td", { class: isNumber(column) ? "number" : "", title: String(value) }, text(column, value)));
  return el("table", { class: "data" },
    el("thead", {}, el("tr", {}, data.columns.map((column) => el("th", { scope: "col", class: isNumber(column) ? "number" : "" }, column.label)))),
    el("tbody", {}, data.rows.map((row) => el("tr", {}, row.map((value, index) => cell(data.columns[index], value))))));
}
