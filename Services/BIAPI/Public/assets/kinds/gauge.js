// `gauge`: one metric on a dial.
import { amount, axisNumber, number } from "../format.js";
import { metricsOf } from "./data.js";
import { frame, tooltip } from "./look.js";

const valueOf = (data) => {
  const [metric] = metricsOf(data);
  return { metric, text: data.rows[0][metric.index], value: amount(data.rows[0][metric.index]) };
};

export function option(chart, data, { look, height }) {
  const { metric, text, value } = valueOf(data);
  const width = Math.max(8, Math.min(18, height / 14));
  return {
    ...frame(look),
    tooltip: { ...frame(look).tooltip, formatter: () => tooltip(metric.label, [["Now", number(text, metric.format)], ["From", number(chart.lowest, metric.format)], ["To", number(chart.highest, metric.format)]]) },
    series: [{
      type: "gauge", min: chart.lowest, max: chart.highest, startAngle: 205, endAngle: -25, radius: "96%", center: ["50%", "60%"], splitNumber: 4,
      progress: { show: true, width, roundCap: true, itemStyle: { color: look.colour(0) } }, axisLine: { roundCap: true, lineStyle: { width, color: [[1, look.line]] } },
      pointer: { show: false }, axisTick: { show: false }, splitLine: { show: false }, anchor: { show: false },
      axisLabel: { distance: width + 4, color: look.muted, fontSize: 11, formatter: (mark) => axisNumber(mark, metric.format) },
      detail: { offsetCenter: [0, "4%"], color: look.text, fontFamily: look.font, fontSize: 26, fontWeight: 650, formatter: () => number(text, metric.format) },
      title: { offsetCenter: [0, "34%"], color: look.muted, fontFamily: look.font, fontSize: 12 },
      data: [{ name: metric.label, value: value ?? chart.lowest }],
    }],
  };
}

export function describe(chart, data) {
  const { metric, text } = valueOf(data);
  return `Dial of ${metric.label}: ${number(text, metric.format)}, from ${number(chart.lowest, metric.format)} to ${number(chart.highest, metric.format)}.`;
}
