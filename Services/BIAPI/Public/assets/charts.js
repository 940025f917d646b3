// From rows to drawings: pure functions. Tooltips and labels are drawn on the canvas, never as markup.
import { el } from "/shared/dom.js";
import { axisNumber, moment, number, wallTime } from "./format.js";

const palettes = {
  light: ["#2f6ae0", "#0f9b87", "#e08a2e", "#8659d0", "#d2485c", "#5c8f2c", "#1d9cc7", "#b3619c", "#8a6d3b", "#6b7688"],
  dark: ["#7ea6ff", "#41cdb5", "#f2ad5c", "#b490f5", "#f5808f", "#9bcf62", "#5fc6ea", "#dd93c9", "#c9a869", "#9aa6b8"],
};

function look(style) {
  const token = (name) => style.getPropertyValue(name).trim();
  const theme = document.documentElement.dataset.theme === "dark" ? "dark" : "light";
  return { palette: palettes[theme], text: token("--text"), muted: token("--muted"), line: token("--line"), surface: token("--surface"), raised: token("--raised"), strong: token("--line-strong"), font: token("--sans") };
}

function frame(colours) {
  return {
    color: colours.palette,
    textStyle: { fontFamily: colours.font, color: colours.text },
    animationDuration: 350, animationDurationUpdate: 450,
    aria: { enabled: true },
    useUTC: true,
    tooltip: { renderMode: "richText", confine: true, backgroundColor: colours.raised, borderColor: colours.line, textStyle: { color: colours.text, fontSize: 12.5, fontFamily: colours.font }, padding: [8, 11] },
  };
}

const metricsOf = (data) => data.columns.map((column, index) => ({ ...column, index })).filter((column) => column.role === "metric");
const columnOf = (data, role) => data.columns.findIndex((column) => column.role === role);
const words = (value) => (value === null ? "(none)" : value === "" ? "(empty)" : String(value));

/** What ECharts draws for a chart. */
export function optionOf(chart, data, style) {
  const colours = look(style);
  if (chart.kind === "pie") return pie(chart, data, colours);
  if (chart.kind === "histogram") return histogram(chart, data, colours);
  return series(chart, data, colours);
}

function axes(colours, format) {
  const label = { color: colours.muted, fontSize: 11.5, hideOverlap: true };
  return {
    grid: { left: 10, right: 30, top: 18, bottom: 8, containLabel: true },
    x: { axisLine: { lineStyle: { color: colours.strong } }, axisTick: { show: false }, axisLabel: label, splitLine: { show: false } },
    y: { type: "value", axisLabel: { ...label, formatter: (value) => axisNumber(value, format) }, splitLine: { lineStyle: { color: colours.line } }, splitNumber: 4 },
  };
}

function series(chart, data, colours) {
  const metrics = metricsOf(data);
  const format = metrics[0]?.format;
  const { grid, x, y } = axes(colours, format);
  const at = columnOf(data, "x");
  const isTime = data.columns[at].type !== "text";
  const by = columnOf(data, "series");
  const place = (row) => (isTime ? wallTime(row[at]) : words(row[at]));
  const lines = [];
  if (by >= 0) {
    const groups = new Map();
    for (const row of data.rows) {
      const key = words(row[by]);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push([place(row), row[metrics[0].index]]);
    }
    for (const [name, points] of groups) lines.push({ name, data: points, format });
  } else {
    for (const metric of metrics) lines.push({ name: metric.label, data: data.rows.map((row) => [place(row), row[metric.index]]), format: metric.format });
  }
  const hasLegend = lines.length > 1;
  const isBar = chart.kind === "bar";
  return {
    ...frame(colours),
    legend: hasLegend ? { type: "scroll", top: 0, left: 6, icon: "roundRect", itemWidth: 11, itemHeight: 11, textStyle: { color: colours.muted, fontFamily: colours.font } } : undefined,
    grid: { ...grid, top: hasLegend ? 38 : 18 },
    tooltip: { ...frame(colours).tooltip, trigger: "axis", axisPointer: { type: isBar ? "shadow" : "line", lineStyle: { color: colours.strong } },
      formatter: (points) => tooltip(isTime ? moment(points[0].value[0], chart.grain) : points[0].value[0], points.map((point) => [point.seriesName, number(point.value[1], lines[point.seriesIndex].format)])) },
    xAxis: isTime
      ? { ...x, axisLabel: { ...x.axisLabel, formatter: { year: "{yyyy}", month: "{MMM} {yyyy}", day: "{d} {MMM}", hour: "{HH}:{mm}", minute: "{HH}:{mm}", second: "{HH}:{mm}:{ss}" } }, type: "time", minInterval: minInterval(chart.grain), boundaryGap: isBar ? ["4%", "4%"] : false }
      : { ...x, type: "category" },
    yAxis: y,
    series: lines.map((line) => ({
      type: isBar ? "bar" : "line", name: line.name, data: line.data,
      stack: chart.stacked ? "all" : undefined,
      symbol: "circle", symbolSize: line.data.length > 60 ? 0 : 6, showSymbol: line.data.length <= 60,
      lineStyle: { width: 2.4 }, emphasis: { focus: hasLegend ? "series" : "none" },
      areaStyle: chart.kind === "area" ? { opacity: chart.stacked ? 0.55 : 0.16 } : chart.kind === "line" && lines.length === 1 ? { opacity: 0.08 } : undefined,
      barMaxWidth: 44, itemStyle: isBar ? { borderRadius: chart.stacked ? 0 : [3, 3, 0, 0] } : undefined,
    })),
  };
}

function minInterval(grain) {
  const hour = 3600000;
  return { minute: 60000, hour, day: 24 * hour, week: 24 * hour, month: 24 * hour * 28, quarter: 24 * hour * 28, year: 24 * hour * 365 }[grain];
}

function histogram(chart, data, colours) {
  const { grid, x, y } = axes(colours, "integer");
  const width = chart.bin_width;
  const counts = new Map(data.rows.map((row) => [Number(row[0]), Number(row[1])]));
  const bins = [...counts.keys()];
  const lowest = Math.min(...bins);
  const highest = Math.max(...bins);
  const step = width * Math.max(1, Math.ceil((highest - lowest) / width / 60));  // at most 60 bars; the bins are whole
  const bars = [];
  for (let start = lowest; start <= highest; start += step) {
    let count = 0;
    for (let bin = start; bin < start + step; bin += width) count += counts.get(bin) ?? 0;
    bars.push([step === 1 ? String(start) : `${start}–${start + step - 1}`, count]);
  }
  return {
    ...frame(colours),
    grid: { ...grid, bottom: 26, left: 26 },
    tooltip: { ...frame(colours).tooltip, trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (points) => tooltip(`${points[0].name} ${chart.metric_label.toLowerCase()}`, [[plural(chart.per_label), number(points[0].value, "integer")]]) },
    xAxis: { ...x, type: "category", data: bars.map(([name]) => name), name: `${chart.metric_label} per ${chart.per_label.toLowerCase()}`, nameLocation: "middle", nameGap: 26, nameTextStyle: { color: colours.muted, fontSize: 11.5 } },
    yAxis: { ...y, minInterval: 1, name: plural(chart.per_label), nameLocation: "middle", nameGap: 38, nameTextStyle: { color: colours.muted, fontSize: 11.5 } },
    series: [{ type: "bar", data: bars.map(([, count]) => count), barCategoryGap: "12%", barMaxWidth: 60, itemStyle: { borderRadius: [3, 3, 0, 0], color: colours.palette[1] } }],
  };
}

const plural = (label) => (label.endsWith("s") ? label : `${label}s`);

function pie(chart, data, colours) {
  const [metric] = metricsOf(data);
  const at = columnOf(data, "dimension");
  const total = data.rows.reduce((sum, row) => sum + Number(row[metric.index]), 0);
  const slices = gathered(data.rows.map((row) => ({ name: words(row[at]), value: Number(row[metric.index]) })));
  for (const slice of slices) if (slice.value / total < 0.03) Object.assign(slice, { label: { show: false }, labelLine: { show: false } });
  return {
    ...frame(colours),
    tooltip: { ...frame(colours).tooltip, trigger: "item", formatter: (point) => tooltip(point.name, [[metric.label, number(point.value, metric.format)], ["Share", `${point.percent} %`]]) },
    legend: { type: "scroll", bottom: 0, left: "center", icon: "circle", itemWidth: 9, itemHeight: 9, textStyle: { color: colours.muted, fontFamily: colours.font } },
    title: chart.donut ? {
      text: `{value|${number(total, metric.format)}}\n{label|${metric.label.replace(/[{}|]/g, " ")}}`, left: "center", top: "45%", textVerticalAlign: "middle",
      textStyle: { fontFamily: colours.font, rich: { value: { color: colours.text, fontSize: 22, fontWeight: 650, lineHeight: 28 }, label: { color: colours.muted, fontSize: 12, lineHeight: 16 } } },
    } : undefined,
    series: [{
      type: "pie", radius: chart.donut ? ["47%", "72%"] : "72%", center: ["50%", "45%"], data: slices, minAngle: 3,
      itemStyle: { borderColor: colours.surface, borderWidth: 2, borderRadius: chart.donut ? 4 : 0 },
      label: { color: colours.muted, fontSize: 11.5, formatter: (point) => `${Math.round(point.percent)} %` },
      labelLine: { length: 6, length2: 6, lineStyle: { color: colours.strong } },
    }],
  };
}

/** The largest slices, and one for the rest. */
function gathered(slices, most = 12) {
  if (slices.length <= most) return slices;
  const rest = slices.slice(most - 1).reduce((sum, slice) => sum + slice.value, 0);
  return [...slices.slice(0, most - 1), { name: `${slices.length - most + 1} others`, value: rest }];
}

/** Lines of `name  value` under a title, as plain text. */
function tooltip(title, lines) {
  return [title, ...lines.map(([name, value]) => `${name}: ${value}`)].join("\n");
}

/** The number's text, and the drawing of its course. */
export function drawBigNumber(chart, data, style) {
  const colours = look(style);
  const [metric] = metricsOf(data);
  const at = columnOf(data, "x");
  const total = data.rows.find((row) => at < 0 || row[at] === null);
  const points = at < 0 ? [] : data.rows.filter((row) => row[at] !== null).map((row) => [wallTime(row[at]), Number(row[metric.index])]);
  const trend = points.length > 1 && {
    ...frame(colours),
    grid: { left: 0, right: 0, top: 6, bottom: 2 },
    xAxis: { type: "time", show: false }, yAxis: { type: "value", show: false, scale: true },
    tooltip: { ...frame(colours).tooltip, trigger: "axis", axisPointer: { lineStyle: { color: colours.strong } }, formatter: ([point]) => tooltip(moment(point.value[0], chart.grain), [[metric.label, number(point.value[1], metric.format)]]) },
    series: [{ type: "line", data: points, symbol: "none", lineStyle: { width: 1.8 }, areaStyle: { opacity: 0.1 } }],
  };
  return { value: number(total?.[metric.index], metric.format), trend };
}

/** The rows as a table. */
export function drawTable(chart, data) {
  const isNumber = (column) => column.role === "metric" || column.type === "number";
  const cell = (column, value) => {
    if (value === null) return el("td", { class: isNumber(column) ? "number null" : "null" }, "–");
    if (column.role === "metric") return el("td", { class: "number" }, number(value, column.format));
    return el("td", { class: isNumber(column) ? "number" : "", title: String(value) }, column.role === "x" && column.type !== "text" ? moment(value, chart.grain) : String(value));
  };
  return el("table", { class: "data" },
    el("thead", {}, el("tr", {}, data.columns.map((column) => el("th", { scope: "col", class: isNumber(column) ? "number" : "" }, column.label)))),
    el("tbody", {}, data.rows.map((row) => el("tr", {}, row.map((value, index) => cell(data.columns[index], value))))));
}
