// `sankey`: what goes from the values of one dimension to those of another.
import { amount, number, words } from "../format.js";
import { metricsOf } from "./data.js";
import { frame, tooltip } from "./look.js";

function flowsOf(data) {
  const [metric] = metricsOf(data);
  const flows = data.rows.map((row) => ({ from: words(row[0]), to: words(row[1]), value: amount(row[metric.index]) ?? 0, text: row[metric.index] })).filter((flow) => flow.value > 0);
  return { metric, flows, left: data.columns[0].label, right: data.columns[1].label };
}

export function option(chart, data, { look }) {
  const { metric, flows } = flowsOf(data);
  // A value on the left is another place than the same value on the right: nothing goes in circles.
  const [starts, ends] = [[...new Set(flows.map((flow) => flow.from))], [...new Set(flows.map((flow) => flow.to))]];
  const node = (side) => (name, index) => ({ name: `${side} ${name}`, words: name, depth: side === "left" ? 0 : 1, itemStyle: { color: look.colour(index + (side === "left" ? 0 : starts.length)) } });
  return {
    ...frame(look),
    tooltip: { ...frame(look).tooltip, formatter: ({ dataType, data: part, value }) => (dataType === "edge" ? tooltip(`${part.from} → ${part.to}`, [[metric.label, number(part.text, metric.format)]]) : tooltip(part.words, [[metric.label, number(value, metric.format)]])) },
    series: [{
      type: "sankey", left: 8, right: 130, top: 10, bottom: 10, nodeWidth: 14, nodeGap: 8, draggable: false, emphasis: { focus: "adjacency" },
      data: [...starts.map(node("left")), ...ends.map(node("right"))],
      links: flows.map((flow) => ({ ...flow, source: `left ${flow.from}`, target: `right ${flow.to}` })),
      label: { color: look.text, fontFamily: look.font, fontSize: 11.5, width: 116, overflow: "truncate", formatter: ({ data: part }) => part.words }, lineStyle: { color: "source", opacity: look.isDark ? 0.35 : 0.3 },
    }],
  };
}

export function describe(chart, data) {
  const { metric, flows, left, right } = flowsOf(data);
  const more = flows.length > 10 ? ` And ${flows.length - 10} more.` : "";
  return `Flows of ${metric.label} from ${left} to ${right}: ${flows.slice(0, 10).map((flow) => `${flow.from} to ${flow.to} ${number(flow.text, metric.format)}`).join(", ")}.${more}`;
}
