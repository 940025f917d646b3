// `funnel`: one metric over the stages of a way, each as a share of the first and of the one before.
import { amount, number, words } from "../format.js";
import { columnOf, metricsOf } from "./data.js";
import { frame, tooltip } from "./look.js";

function stagesOf(data) {
  const [metric] = metricsOf(data);
  const at = columnOf(data, "dimension");
  const stages = data.rows.map((row) => ({ name: words(row[at]), value: amount(row[metric.index]) ?? 0, text: row[metric.index] }));
  const share = (value, of) => (of > 0 ? number(value / of, "percent") : "–");
  return { metric, stages: stages.map((stage, index) => ({ ...stage, ofFirst: share(stage.value, stages[0].value), ofLast: index ? share(stage.value, stages[index - 1].value) : null })) };
}

export function option(chart, data, { look }) {
  const { metric, stages } = stagesOf(data);
  return {
    ...frame(look),
    tooltip: { ...frame(look).tooltip, trigger: "item", formatter: ({ data: stage }) => tooltip(stage.name, [[metric.label, number(stage.text, metric.format)], ["Of the first", stage.ofFirst], ...(stage.ofLast ? [["Of the one before", stage.ofLast]] : [])]) },
    series: [{
      type: "funnel", sort: "none", left: "6%", right: "34%", top: 8, bottom: 10, gap: 3, minSize: "2%",
      data: stages.map((stage, index) => ({ ...stage, itemStyle: { color: look.colour(index) } })),
      label: { position: "right", color: look.text, fontFamily: look.font, fontSize: 12, width: 180, overflow: "truncate", formatter: ({ data: stage }) => `${stage.name}  ${number(stage.text, metric.format)} · ${stage.ofFirst}` },
      labelLine: { lineStyle: { color: look.strong } }, itemStyle: { borderColor: look.surface, borderWidth: 1 },
    }],
  };
}

export function describe(chart, data) {
  const { metric, stages } = stagesOf(data);
  return `Funnel of ${metric.label}: ${stages.map((stage) => `${stage.name} ${number(stage.text, metric.format)}${stage.ofLast ? ` (${stage.ofLast} of the one before)` : ""}`).join(", ")}.`;
}
