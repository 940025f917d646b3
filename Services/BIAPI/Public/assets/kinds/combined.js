// `combined`: bars and lines along one axis; where there are both, lines have an axis of values of their own.
import { number } from "../format.js";
import { linesOf, timeAxisOf } from "./data.js";
import { frame, legend, nameAxis, placeAxis, tooltip, valueAxis } from "./look.js";
import { seriesWords } from "./series.js";

export function option(chart, data, { look, width, zone }) {
  const time = timeAxisOf(chart, data, zone);
  const { places, lines } = linesOf(chart, data, time);
  const isBar = (line) => chart.bars.includes(line.column);
  const [bar, line] = [lines.find(isBar), lines.find((each) => !isBar(each))];
  const told = (at) => tooltip(time ? time.words(places[at]) : places[at], lines.filter((each) => each.values[at] !== null).map((each) => [each.name, number(each.texts[at], each.format)]));
  return {
    ...frame(look),
    legend: legend(look, lines.map((each) => each.name)),
    grid: { left: 10, right: 14, top: 38, bottom: 8, containLabel: true },
    tooltip: { ...frame(look).tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: (points) => told(points[0].dataIndex) },
    xAxis: time ? placeAxis(look, time, places, width, true) : nameAxis(look, places, width),
    yAxis: [valueAxis(look, bar?.format), { ...valueAxis(look, line?.format), position: "right", splitLine: { show: false } }],
    series: lines.map((each, index) => ({
      type: isBar(each) ? "bar" : "line", name: each.name, yAxisIndex: isBar(each) ? 0 : 1, color: look.colour(index), connectNulls: true,
      data: each.values.map((value, at) => ({ value: [time ? places[at] : at, value], itemStyle: time?.isPartial(places[at]) ? { opacity: 0.4 } : undefined })),
      barMaxWidth: 44, symbol: "circle", symbolSize: 6, lineStyle: { width: 2.4 }, itemStyle: isBar(each) ? { borderRadius: [3, 3, 0, 0] } : undefined, z: isBar(each) ? 2 : 3,
    })),
  };
}

export const describe = (chart, data, zone) => seriesWords(chart, data, zone, "Bars and lines");
