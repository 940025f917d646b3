// One metric over values of one dimension within those of another: what treemap.js and sunburst.js share.
import { amount, number, words } from "../format.js";
import { metricsOf } from "./data.js";
import { tooltip } from "./look.js";

/** The rows as branches. What is below zero has no area, and is left out and told. */
export function treeOf(data) {
  const [metric] = metricsOf(data);
  const dimensions = data.columns.map((column, index) => ({ ...column, index })).filter((column) => column.role === "dimension");
  const root = { children: new Map(), value: 0 };
  let below = 0;
  for (const row of data.rows) {
    const value = amount(row[metric.index]) ?? 0;
    if (value <= 0) {
      below += value < 0 ? 1 : 0;
      continue;
    }
    let branch = root;
    branch.value += value;
    for (const { index } of dimensions) {
      if (!branch.children.has(row[index])) branch.children.set(row[index], { name: words(row[index]), children: new Map(), value: 0 });
      branch = branch.children.get(row[index]);
      branch.value += value;
    }
  }
  return { metric, root, below };
}

/** As ECharts takes them, the outermost in colours of their own. */
export function branches(look, branch, depth = 0) {
  return [...branch.children.values()].sort((left, right) => right.value - left.value).map((child, index) => ({
    name: child.name, value: child.value, itemStyle: depth === 0 ? { color: look.colour(index) } : undefined,
    children: child.children.size ? branches(look, child, depth + 1) : undefined,
  }));
}

/** The path to a branch, its number and its share. */
export function told(path, value, metric, total) {
  return tooltip(path.filter(Boolean).join(" › "), [[metric.label, number(value, metric.format)], ["Share", number(value / total, "percent")]]);
}

export function treeWords(data, what) {
  const { metric, root, below } = treeOf(data);
  const first = [...root.children.values()].sort((left, right) => right.value - left.value);
  const say = (branch) => `${branch.name} ${number(branch.value, metric.format)} (${number(branch.value / root.value, "percent")})`;
  const more = first.length > 10 ? ` And ${first.length - 10} more.` : "";
  return `${what} of ${metric.label}, ${number(root.value, metric.format)} in all: ${first.slice(0, 10).map(say).join(", ")}.${more}${below ? ` ${below} below zero are left out.` : ""}`;
}
