// `calendar`: one metric by day on the leaves of a calendar.
import { amount, axisNumber, number } from "../format.js";
import { columnOf, metricsOf, timeAxisOf } from "./data.js";
import { frame, scale, tooltip } from "./look.js";

const day = (text) => text.slice(0, 10);

export function option(chart, data, { look, zone }) {
  const [metric] = metricsOf(data);
  const at = columnOf(data, "x");
  const time = timeAxisOf(chart, data, zone);
  const cells = data.rows.filter((row) => row[metric.index] !== null).map((row) => ({ value: [day(row[at]), amount(row[metric.index])], text: row[metric.index], itemStyle: time.isPartial(time.place(row[at])) ? { opacity: 0.5 } : undefined }));
  const text = { color: look.muted, fontSize: 11 };
  return {
    ...frame(look),
    tooltip: { ...frame(look).tooltip, trigger: "item", formatter: ({ data: cell }) => tooltip(time.words(time.place(cell.value[0])), [[metric.label, number(cell.text, metric.format)]]) },
    visualMap: scale(look, cells.map((cell) => cell.value[1]), (value) => axisNumber(value, metric.format)),
    calendar: { range: [day(data.rows[0][at]), day(data.rows[data.rows.length - 1][at])], left: 40, right: 14, top: 30, bottom: 48, cellSize: ["auto", "auto"], itemStyle: { color: "transparent", borderColor: look.line }, splitLine: { lineStyle: { color: look.strong } }, dayLabel: { ...text, firstDay: 1 }, monthLabel: text, yearLabel: { show: false } },
    series: [{ type: "heatmap", coordinateSystem: "calendar", data: cells }],
  };
}

export function describe(chart, data, zone) {
  const [metric] = metricsOf(data);
  const at = columnOf(data, "x");
  const time = timeAxisOf(chart, data, zone);
  const rows = data.rows.filter((row) => row[metric.index] !== null);
  if (!rows.length) return `Calendar of ${metric.label}: nothing.`;
  const most = rows.reduce((a, b) => (amount(b[metric.index]) > amount(a[metric.index]) ? b : a));
  const say = (row) => time.words(time.place(row[at]));
  return `Calendar of ${metric.label}, ${say(rows[0])} to ${say(rows[rows.length - 1])}: most on ${say(most)}, ${number(most[metric.index], metric.format)}.`;
}
