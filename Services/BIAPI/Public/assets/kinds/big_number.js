// `big_number`: one metric as text; with a trend, its course over time below.
import { el, fill } from "/shared/dom.js";
import { amount, number } from "../format.js";
import { columnOf, metricsOf, timeAxisOf } from "./data.js";
import { frame, tooltip } from "./look.js";

const whole = (data) => {
  const [metric] = metricsOf(data);
  const at = columnOf(data, "x");
  return number(data.rows.find((row) => at < 0 || row[at] === null)?.[metric.index], metric.format);
};

/** Puts the number into `body`, small enough to fit. Gives the place of the trend. */
export function write(body, chart, data) {
  const text = whole(data);
  const old = body.querySelector(".big");
  const value = old?.querySelector(".big-value") ?? el("div", { class: "big-value" });
  value.textContent = text;
  value.title = text;
  value.style.setProperty("--length", String(Math.max(4, text.length)));
  if (!old) fill(body, el("div", { class: "big" }, value, el("div", { class: "big-trend" })));
  return body.querySelector(".big-trend");
}

/** The trend; null where there is none. */
export function option(chart, data, { look, zone }) {
  const time = timeAxisOf(chart, data, zone);
  const [metric] = metricsOf(data);
  const at = columnOf(data, "x");
  const rows = time ? data.rows.filter((row) => row[at] !== null) : [];
  if (rows.length < 2) return null;
  const points = rows.map((row) => [time.place(row[at]), amount(row[metric.index])]);
  const begun = points.findIndex(([place]) => time.isPartial(place));
  const line = { type: "line", symbol: "none", color: look.colour(0), lineStyle: { width: 1.8, color: look.colour(0) } };
  const over = begun < 0 ? points : points.slice(0, begun);
  return {
    ...frame(look),
    grid: { left: 0, right: 0, top: 6, bottom: 2 },
    xAxis: { type: "time", show: false }, yAxis: { type: "value", show: false, scale: true },
    tooltip: { ...frame(look).tooltip, trigger: "axis", axisPointer: { lineStyle: { color: look.strong } },
      formatter: ([point]) => tooltip(time.words(point.value[0]), [[metric.label, number(point.value[1], metric.format)]]) },
    series: [{ ...line, data: over, areaStyle: { opacity: 0.1 } }, ...(begun < 0 ? [] : [{ ...line, data: points.slice(Math.max(0, begun - 1)), lineStyle: { ...line.lineStyle, type: [4, 3] } }])],
  };
}

export function describe(chart, data, zone) {
  const time = timeAxisOf(chart, data, zone);
  const [metric] = metricsOf(data);
  const at = columnOf(data, "x");
  const rows = time ? data.rows.filter((row) => row[at] !== null) : [];
  if (rows.length < 2) return `${chart.title}: ${whole(data)}.`;
  const say = (row) => `${number(row[metric.index], metric.format)} (${time.words(time.place(row[at]))})`;
  return `Course of ${metric.label}, from ${say(rows[0])} to ${say(rows[rows.length - 1])}.`;
}
