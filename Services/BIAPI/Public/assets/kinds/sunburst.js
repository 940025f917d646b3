// `sunburst`: one metric as rings around each other.
import { frame } from "./look.js";
import { branches, told, treeOf, treeWords } from "./tree.js";

export function option(chart, data, { look }) {
  const { metric, root } = treeOf(data);
  return {
    ...frame(look),
    tooltip: { ...frame(look).tooltip, formatter: ({ treePathInfo: path, value }) => told(path.map((part) => part.name), value, metric, root.value) },
    series: [{
      type: "sunburst", data: branches(look, root), radius: ["16%", "94%"], sort: null, itemStyle: { borderColor: look.surface, borderWidth: 1.5, borderRadius: 3 },
      label: { fontFamily: look.font, fontSize: 11, minAngle: 12, width: 80, overflow: "truncate", color: look.isDark ? "#0d1420" : "#fff" },
    }],
  };
}

export const describe = (chart, data) => treeWords(data, "Sunburst");
