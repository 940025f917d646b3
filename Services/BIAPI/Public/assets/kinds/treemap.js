// `treemap`: one metric as areas within areas.
import { number } from "../format.js";
import { frame } from "./look.js";
import { branches, told, treeOf, treeWords } from "./tree.js";

export function option(chart, data, { look }) {
  const { metric, root } = treeOf(data);
  const border = { borderColor: look.surface, gapWidth: 1 };
  return {
    ...frame(look),
    tooltip: { ...frame(look).tooltip, formatter: ({ treePathInfo: path, value }) => told(path.map((part) => part.name), value, metric, root.value) },
    series: [{
      type: "treemap", data: branches(look, root), left: 4, right: 4, top: 4, bottom: 30, roam: false, nodeClick: "zoomToNode",
      breadcrumb: { bottom: 2, height: 20, itemStyle: { color: look.raised, borderColor: look.line, textStyle: { color: look.text } } },
      label: { fontFamily: look.font, formatter: ({ name, value }) => `${name}\n${number(value, metric.format)}` }, upperLabel: { show: true, height: 20, color: look.text, fontFamily: look.font },
      levels: [{ itemStyle: { ...border, borderWidth: 0, gapWidth: 3 }, upperLabel: { show: false } }, { itemStyle: { ...border, borderWidth: 2 } }, { itemStyle: border, colorSaturation: [0.35, 0.6] }],
    }],
  };
}

export const describe = (chart, data) => treeWords(data, "Tree map");
