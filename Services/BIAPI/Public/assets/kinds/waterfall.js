// `waterfall`: each bar begins where the one before ended; the last one is what it comes to.
import { number } from "../format.js";
import { linesOf, timeAxisOf } from "./data.js";
import { frame, nameAxis, tooltip, valueAxis } from "./look.js";

function stepsOf(chart, data, zone) {
  const time = timeAxisOf(chart, data, zone);
  const { places, lines } = linesOf(chart, data, time);
  const [line] = lines;
  let level = 0;
  const steps = places.map((place, at) => {
    const [from, value] = [level, line.values[at] ?? 0];
    level += value;
    return { name: time ? time.mark(place, 1) : place, whole: time ? time.words(place) : place, from, to: level, value, text: line.texts[at] };
  });
  return { line, steps: [...steps, { name: "Total", whole: "Total", from: 0, to: level, value: level, text: level, isTotal: true }] };
}

export function option(chart, data, { look, width, zone }) {
  const { line, steps } = stepsOf(chart, data, zone);
  const colour = (step) => (step.isTotal ? look.colour(0) : step.value < 0 ? look.colour(4) : look.colour(1));
  // ECharts does not stack across zero: each bar is drawn from where it begins to where it ends.
  const renderItem = (_, api) => {
    const step = steps[api.value(0)];
    const [start, end] = [api.coord([api.value(0), step.from]), api.coord([api.value(0), step.to])];
    const bar = Math.min(44, api.size([1, 0])[0] * 0.62);
    return { type: "rect", shape: { x: start[0] - bar / 2, y: Math.min(start[1], end[1]), width: bar, height: Math.max(1, Math.abs(start[1] - end[1])), r: 2 }, style: { fill: colour(step) } };
  };
  return {
    ...frame(look),
    grid: { left: 10, right: 24, top: 18, bottom: 8, containLabel: true },
    tooltip: { ...frame(look).tooltip, trigger: "item", formatter: ({ dataIndex }) => tooltip(steps[dataIndex].whole, [[line.name, number(steps[dataIndex].text, line.format)], ["Comes to", number(steps[dataIndex].to, line.format)]]) },
    xAxis: nameAxis(look, steps.map((step) => step.name), width),
    yAxis: valueAxis(look, line.format),
    series: [{ type: "custom", renderItem, encode: { x: 0, y: [1, 2] }, data: steps.map((step, index) => [index, step.from, step.to]) }],
  };
}

export function describe(chart, data, zone) {
  const { line, steps } = stepsOf(chart, data, zone);
  const more = steps.length > 13 ? " …" : "";
  return `Waterfall of ${line.name}, which comes to ${number(steps[steps.length - 1].to, line.format)}: ${steps.slice(0, -1).slice(0, 12).map((step) => `${step.whole} ${number(step.text, line.format)}`).join(", ")}${more}.`;
}
