// A result as a table that stays quick with many rows: rows are added as the reader scrolls to them.
import { el, fill } from "/shared/dom.js";

const chunk = 200;

/** Draws `result` (`columns`, `rows`) into `place`. A click on a heading sorts. */
export function drawResult(place, result) {
  const numeric = result.columns.map((column) => /^(int|float|numeric|double|real|bigint|smallint|integer|decimal)/.test(column.type));
  let order = { column: -1, descending: false };
  let rows = result.rows;
  let shown = 0;
  const body = el("tbody", {});
  const heads = result.columns.map((column, index) => {
    const mark = el("span", { "aria-hidden": "true" });
    const head = el("th", { scope: "col", class: numeric[index] ? "number" : "" }, el("button", { type: "button", onclick: () => sort(index) }, column.name, mark), el("span", { class: "type" }, column.type));
    return { head, mark };
  });
  const table = el("table", { class: "data" }, el("thead", {}, el("tr", {}, el("th", { class: "line" }, "#"), heads.map(({ head }) => head))), body);

  function more() {
    const next = rows.slice(shown, shown + chunk);
    body.append(...next.map((row, index) => el("tr", {}, el("td", { class: "line" }, shown + index + 1), row.map((value, at) => cell(value, numeric[at])))));
    shown += next.length;
  }
  function sort(column) {
    order = { column, descending: order.column === column && !order.descending };
    const key = numeric[column] ? (value) => Number(value) : (value) => String(value);
    rows = [...result.rows].sort((left, right) => {
      const [a, b] = [left[column], right[column]];
      if (a === null || b === null) return (a === null) - (b === null);
      const difference = key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
      return order.descending ? -difference : difference;
    });
    heads.forEach(({ head, mark }, index) => {
      mark.textContent = index !== column ? "" : order.descending ? "↓" : "↑";
      head.setAttribute("aria-sort", index !== column ? "none" : order.descending ? "descending" : "ascending");
    });
    shown = 0;
    fill(body);
    more();
  }
  fill(place, table);
  place.scrollTop = 0;
  more();
  place.onscroll = () => { while (shown < rows.length && place.scrollTop + place.clientHeight > place.scrollHeight - 600) more(); };
}

function cell(value, isNumber) {
  if (value === null) return el("td", { class: isNumber ? "number null" : "null" }, "null");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return el("td", { class: isNumber ? "number" : "", title: text.length > 40 ? text.slice(0, 2000) : "" }, text.length > 500 ? `${text.slice(0, 500)}…` : text);
}
