// `pie`: one metric over the values of a dimension, as shares of a whole.
import { amount, number, words } from "../format.js";
import { columnOf, metricsOf } from "./data.js";
import { frame, legend, tooltip } from "./look.js";

const slicesMax = 12;

/** The largest slices, and one for the rest. */
function slicesOf(data) {
  const [metric] = metricsOf(data);
  const at = columnOf(data, "dimension");
  const all = data.rows.map((row) => ({ name: words(row[at]), value: amount(row[metric.index]) ?? 0 }));
  const total = all.reduce((sum, slice) => sum + slice.value, 0);
  if (all.length <= slicesMax) return { metric, total, slices: all };
  const rest = all.slice(slicesMax - 1).reduce((sum, slice) => sum + slice.value, 0);
  return { metric, total, slices: [...all.slice(0, slicesMax - 1), { name: `${all.length - slicesMax + 1} others`, value: rest }] };
}

export function option(chart, data, { look }) {
  const { metric, total, slices } = slicesOf(data);
  const small = (slice) => slice.value / total < 0.03;
  return {
    ...frame(look),
    tooltip: { ...frame(look).tooltip, trigger: "item", formatter: (point) => tooltip(point.name, [[metric.label, number(point.value, metric.format)], ["Share", `${point.percent} %`]]) },
    legend: { ...legend(look, slices.map((slice) => slice.name), { bottom: 0, left: "center" }), icon: "circle", itemWidth: 9, itemHeight: 9 },
    title: chart.donut ? {
      text: `{value|${number(total, metric.format)}}\n{label|${metric.label.replace(/[{}|]/g, " ")}}`, left: "center", top: "45%", textVerticalAlign: "middle",
      textStyle: { fontFamily: look.font, rich: { value: { color: look.text, fontSize: 20, fontWeight: 650, lineHeight: 26 }, label: { color: look.muted, fontSize: 12, lineHeight: 16 } } },
    } : undefined,
    series: [{
      type: "pie", radius: chart.donut ? ["47%", "72%"] : "72%", center: ["50%", "45%"], minAngle: 3,
      data: slices.map((slice, index) => ({ ...slice, itemStyle: { color: look.colour(index) }, ...(small(slice) ? { label: { show: false }, labelLine: { show: false } } : {}) })),
      itemStyle: { borderColor: look.surface, borderWidth: 2, borderRadius: chart.donut ? 4 : 0 },
      label: { color: look.muted, fontSize: 11.5, formatter: (point) => `${Math.round(point.percent)} %` },
      labelLine: { length: 6, length2: 6, lineStyle: { color: look.strong } },
    }],
  };
}

export function describe(chart, data) {
  const { metric, total, slices } = slicesOf(data);
  const share = (slice) => `${slice.name} ${number(slice.value, metric.format)}${total > 0 ? ` (${number(slice.value / total, "percent")})` : ""}`;
  return `Pie chart of ${metric.label}, ${number(total, metric.format)} in all: ${slices.map(share).join(", ")}.`;
}
