// `heatmap`: one metric as the colour of cells.
import { amount, axisNumber, number, words } from "../format.js";
import { columnOf, metricsOf, timeAxisOf } from "./data.js";
import { frame, nameAxis, scale, tooltip } from "./look.js";

function cellsOf(chart, data, zone) {
  const time = timeAxisOf(chart, data, zone);
  const [metric] = metricsOf(data);
  const [at, by] = [columnOf(data, "x"), columnOf(data, "series")];
  const across = [...new Set(data.rows.map((row) => (time ? time.place(row[at]) : row[at])))];
  if (time) across.sort((left, right) => left - right);
  const down = [...new Set(data.rows.map((row) => row[by]))];
  const cells = data.rows.map((row) => ({ x: across.indexOf(time ? time.place(row[at]) : row[at]), y: down.indexOf(row[by]), value: amount(row[metric.index]), text: row[metric.index] })).filter((cell) => cell.value !== null);
  return { metric, cells, across: across.map((place) => (time ? time.mark(place, 1) : words(place))), whole: across.map((place) => (time ? time.words(place) : words(place))), down: down.map(words) };
}

export function option(chart, data, { look, width, zone }) {
  const { metric, cells, across, whole, down } = cellsOf(chart, data, zone);
  const values = cells.map((cell) => cell.value);
  return {
    ...frame(look),
    grid: { left: 10, right: 14, top: 12, bottom: 44, containLabel: true },
    tooltip: { ...frame(look).tooltip, trigger: "item", formatter: ({ data: cell }) => tooltip(`${whole[cell.value[0]]}, ${down[cell.value[1]]}`, [[metric.label, number(cell.text, metric.format)]]) },
    xAxis: nameAxis(look, across, width),
    yAxis: { ...nameAxis(look, down, Infinity), inverse: true, axisLabel: { color: look.muted, fontSize: 11.5, width: 130, overflow: "truncate" } },
    visualMap: scale(look, values, (value) => axisNumber(value, metric.format)),
    series: [{ type: "heatmap", data: cells.map((cell) => ({ value: [cell.x, cell.y, cell.value], text: cell.text })), itemStyle: { borderColor: look.surface, borderWidth: 1, borderRadius: 2 }, emphasis: { itemStyle: { borderColor: look.text } } }],
  };
}

export function describe(chart, data, zone) {
  const { metric, cells, whole, down } = cellsOf(chart, data, zone);
  if (!cells.length) return `Heat map of ${metric.label}: nothing.`;
  const most = cells.reduce((a, b) => (b.value > a.value ? b : a));
  const least = cells.reduce((a, b) => (b.value < a.value ? b : a));
  const say = (cell) => `${number(cell.text, metric.format)} (${whole[cell.x]}, ${down[cell.y]})`;
  return `Heat map of ${metric.label}, ${whole.length} by ${down.length}: lowest ${say(least)}, highest ${say(most)}.`;
}
