// `histogram`: how many have a number in each bin.
import { amount, number } from "../format.js";
import { frame, nameAxis, tooltip, valueAxis } from "./look.js";

const barsMax = 60;
const plural = (label) => (label.endsWith("s") ? label : `${label}s`);

/** Bins without holes between the lowest and the highest, at most so many; the bins are whole. */
function barsOf(chart, data) {
  const width = chart.bin_width;
  const counts = new Map(data.rows.map((row) => [amount(row[0]), amount(row[1])]));
  const bins = [...counts.keys()];
  const [lowest, highest] = [Math.min(...bins), Math.max(...bins)];
  const step = width * Math.max(1, Math.ceil((highest - lowest) / width / barsMax));
  const bars = [];
  for (let start = lowest; start <= highest; start += step) {
    let count = 0;
    for (let bin = start; bin < start + step; bin += width) count += counts.get(bin) ?? 0;
    bars.push({ name: step === 1 ? String(start) : `${start}–${start + step - 1}`, count });
  }
  return bars;
}

export function option(chart, data, { look, width }) {
  const bars = barsOf(chart, data);
  const axisName = { nameLocation: "middle", nameTextStyle: { color: look.muted, fontSize: 11.5 } };
  const x = nameAxis(look, bars.map((bar) => bar.name), width);
  return {
    ...frame(look),
    grid: { left: 26, right: 30, top: 18, bottom: 26, containLabel: true },
    tooltip: { ...frame(look).tooltip, trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (points) => tooltip(`${points[0].name} ${chart.metric_label.toLowerCase()}`, [[plural(chart.per_label), number(points[0].value, "integer")]]) },
    xAxis: { ...x, axisLabel: { ...x.axisLabel, rotate: 0, interval: "auto", hideOverlap: true }, name: `${chart.metric_label} per ${chart.per_label.toLowerCase()}`, nameGap: 26, ...axisName },
    yAxis: { ...valueAxis(look, "integer"), minInterval: 1, name: plural(chart.per_label), nameGap: 38, ...axisName },
    series: [{ type: "bar", data: bars.map((bar) => bar.count), barCategoryGap: "12%", barMaxWidth: 60, itemStyle: { borderRadius: [3, 3, 0, 0], color: look.colour(1) } }],
  };
}

export function describe(chart, data) {
  const bars = barsOf(chart, data);
  const most = bars.reduce((a, b) => (b.count > a.count ? b : a));
  return `Histogram of ${chart.metric_label.toLowerCase()} per ${chart.per_label.toLowerCase()}, ${bars[0].name} to ${bars[bars.length - 1].name}. Most have ${most.name}: ${number(most.count, "integer")}.`;
}
