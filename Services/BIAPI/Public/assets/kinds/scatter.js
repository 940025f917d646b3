// `scatter`: points placed by two metrics; a third one is their size, a second dimension their colour.
import { amount, axisNumber, number, words } from "../format.js";
import { columnOf, metricsOf } from "./data.js";
import { frame, legend, tooltip, valueAxis } from "./look.js";

const [smallest, largest] = [7, 42];

function partsOf(chart, data) {
  const named = (name) => metricsOf(data).find((metric) => metric.name === name);
  return { x: named(chart.x), y: named(chart.y), size: chart.size ? named(chart.size) : null, at: columnOf(data, "dimension"), by: columnOf(data, "series") };
}

export function option(chart, data, { look }) {
  const { x, y, size, at, by } = partsOf(chart, data);
  const most = size ? Math.max(...data.rows.map((row) => amount(row[size.index]) ?? 0)) : 0;
  // The area is what the eye compares.
  const radius = (row) => (size && most > 0 ? Math.max(smallest, largest * Math.sqrt(Math.max(0, amount(row[size.index]) ?? 0) / most)) : 10);
  const groups = new Map();
  for (const row of data.rows) {
    if (amount(row[x.index]) === null || amount(row[y.index]) === null) continue;
    const key = by < 0 ? null : row[by];
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push({ value: [amount(row[x.index]), amount(row[y.index])], symbolSize: radius(row), row });
  }
  const axis = (metric) => ({ ...valueAxis(look, metric.format), scale: true, name: metric.label, nameLocation: "middle", nameTextStyle: { color: look.muted, fontSize: 11.5 } });
  return {
    ...frame(look),
    legend: by >= 0 ? legend(look, [...groups.keys()].map(words)) : undefined,
    grid: { left: 28, right: 24, top: by >= 0 ? 38 : 18, bottom: 28, containLabel: true },
    tooltip: { ...frame(look).tooltip, trigger: "item", formatter: ({ data: point }) => tooltip([words(point.row[at]), ...(by >= 0 ? [words(point.row[by])] : [])].join(", "),
      [x, y, size].filter(Boolean).map((metric) => [metric.label, number(point.row[metric.index], metric.format)])) },
    xAxis: { ...axis(x), nameGap: 26, axisLabel: { color: look.muted, fontSize: 11.5, hideOverlap: true, formatter: (value) => axisNumber(value, x.format) } },
    yAxis: { ...axis(y), nameGap: 44 },
    series: [...groups].map(([key, points], index) => ({ type: "scatter", name: words(key), data: points, color: look.colour(index), itemStyle: { opacity: 0.72, borderColor: look.surface, borderWidth: 1 } })),
  };
}

export function describe(chart, data) {
  const { x, y, size, at } = partsOf(chart, data);
  const say = (row) => `${words(row[at])}: ${[x, y, size].filter(Boolean).map((metric) => `${metric.label} ${number(row[metric.index], metric.format)}`).join(", ")}`;
  const more = data.rows.length > 10 ? ` And ${data.rows.length - 10} more.` : "";
  return `Scatter chart of ${y.label} over ${x.label}, ${data.rows.length} points. ${data.rows.slice(0, 10).map(say).join(". ")}.${more}`;
}
