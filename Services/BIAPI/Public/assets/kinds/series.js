// Lines, areas and bars over one x: what line.js, area.js and bar.js share.
import { number } from "../format.js";
import { linesOf, timeAxisOf } from "./data.js";
import { frame, legend, nameAxis, placeAxis, tooltip, valueAxis } from "./look.js";

/** The drawing. `mark`: `line`, `area` or `bar`. */
export function seriesOption(chart, data, { look, width, zone }, mark) {
  const time = timeAxisOf(chart, data, zone);
  const { places, lines } = linesOf(chart, data, time);
  const isBar = mark === "bar";
  const names = lines.map((line) => line.name);
  const hasLegend = lines.length > 1;
  const named = (place) => (time ? time.words(place) : place);
  const [lowest, highest] = bounds(lines, chart.stacked);
  const series = lines.flatMap((line, index) => marks(line, index));
  const x = time ? placeAxis(look, time, places, width, isBar) : nameAxis(look, places, width);
  const slant = (axis) => Boolean(axis.axisLabel.rotate);  // the first name leans out of the drawing
  return {
    ...frame(look),
    legend: hasLegend ? legend(look, names) : undefined,
    grid: { left: slant(x) ? 44 : 10, right: 30, top: hasLegend ? 38 : 18, bottom: 8, containLabel: true },
    tooltip: { ...frame(look).tooltip, trigger: "axis", axisPointer: { type: isBar ? "shadow" : "line", lineStyle: { color: look.strong } }, formatter: (points) => told(points[0].dataIndex) },
    xAxis: x,
    yAxis: valueAxis(look, lines[0]?.format, highest, lowest),
    series,
  };

  function told(at) {
    const shown = lines.filter((line) => line.texts[at] !== null && line.texts[at] !== undefined);
    return tooltip(named(places[at]), shown.map((line) => [line.name, number(line.texts[at], line.format)]));
  }

  function marks(line, index) {
    const colour = look.colour(index);
    // In a stack a place without rows is nothing on top of what is below; on its own it is a gap to reach across.
    const values = chart.stacked ? line.values.map((value) => value ?? 0) : line.values;
    const begun = time ? places.findIndex((place) => time.isPartial(place)) : -1;
    const common = {
      type: isBar ? "bar" : "line", name: line.name, stack: chart.stacked ? "all" : undefined, connectNulls: true,
      symbol: "circle", symbolSize: 6, showSymbol: values.length <= 60, emphasis: { focus: hasLegend ? "series" : "none" },
      color: colour, lineStyle: { width: 2.4, color: colour, type: index >= 30 ? "dotted" : "solid" },
      areaStyle: mark === "area" ? { opacity: chart.stacked ? 0.55 : 0.16 } : mark === "line" && lines.length === 1 ? { opacity: 0.08 } : undefined,
      barMaxWidth: 44, itemStyle: { color: colour, ...(isBar ? { borderRadius: chart.stacked ? 0 : [3, 3, 0, 0] } : {}) },
    };
    const points = values.map((value, at) => [time ? places[at] : at, value]);
    if (begun < 0 || (!isBar && chart.stacked)) return [{ ...common, data: points }];
    // What is not over is drawn as such: bars pale, lines dashed.
    if (isBar) return [{ ...common, data: points.map((value, at) => (at < begun ? value : { value, itemStyle: { opacity: 0.4 } })) }];
    let last = begun - 1;
    while (last >= 0 && values[last] === null) last -= 1;
    return [
      { ...common, data: points.map(([place, value], at) => [place, at < begun ? value : null]) },
      { ...common, connectNulls: true, data: points.map(([place, value], at) => [place, at >= begun || at === last ? value : null]), lineStyle: { ...common.lineStyle, type: [5, 4] }, areaStyle: undefined, itemStyle: { color: look.surface, borderColor: colour, borderWidth: 1.6 }, z: 1 },
    ];
  }
}

/** The lowest and highest value that is drawn. */
function bounds(lines, isStacked) {
  if (!lines.length) return [0, 0];
  const all = isStacked
    ? lines[0].values.map((_, at) => lines.reduce((sum, line) => sum + (line.values[at] ?? 0), 0))
    : lines.flatMap((line) => line.values.filter((value) => value !== null));
  return all.reduce(([lowest, highest], value) => [Math.min(lowest, value), Math.max(highest, value)], [0, 0]);
}

/** The drawing in words. */
export function seriesWords(chart, data, zone, what) {
  const time = timeAxisOf(chart, data, zone);
  const { places, lines } = linesOf(chart, data, time);
  const named = (place) => (time ? time.words(place) : place);
  const told = lines.slice(0, 6).map((line) => {
    const there = line.values.map((value, at) => ({ value, at })).filter(({ value }) => value !== null);
    if (!there.length) return `${line.name}: nothing`;
    const [low, high] = [there.reduce((a, b) => (b.value < a.value ? b : a)), there.reduce((a, b) => (b.value > a.value ? b : a))];
    const say = ({ at }) => `${number(line.texts[at], line.format)} (${named(places[at])})`;
    return `${line.name}: lowest ${say(low)}, highest ${say(high)}, last ${say(there[there.length - 1])}`;
  });
  const more = lines.length > 6 ? ` And ${lines.length - 6} more.` : "";
  return `${what} of ${places.length === 1 ? "one place" : `${places.length} places`}, ${named(places[0])} to ${named(places[places.length - 1])}. ${told.join(". ")}.${more}`;
}
