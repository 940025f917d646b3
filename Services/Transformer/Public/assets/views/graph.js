// The models of an environment as a graph. A model opens its columns; a column shows its way through the graph.
import { el, fill, emptyState, failureState } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { crumbs, head, kindMark } from "../parts.js";
import { api, chosen, remember, query, environmentPage, modelPage } from "../addresses.js";
import { drawLineage } from "../lineage.js";
import { layOut } from "../layers.js";

const size = { width: 210, height: 34, gapX: 70, gapY: 14 };
const most = 150;

export async function draw(main, environment) {
  document.title = `Graph of ${environment} · Millrace`;
  const choice = chosen();
  const graph = await get(api(environment, "/lineage", { around: choice.around, steps: choice.steps, limit: most }));
  const columns = el("div", {});
  const lineage = el("div", {});
  const panel = el("aside", { class: "card panel", "aria-label": "Columns" }, columns, lineage);
  const picture = drawGraph(graph, (relation) => open(relation));
  fill(main,
    head(`Graph of ${environment}`, choice.around && `Around ${choice.around}`, controls(choice), crumbs(["Environments", "/"], [environment, environmentPage(environment)])),
    graph.isCut && el("p", { class: "notice", role: "status" }, `There is more than the ${most} relations shown. Choose a model to see what is around it.`),
    el("div", { class: "split" }, el("section", { class: "card graph", "aria-label": "Graph" }, picture.element), panel));
  fill(columns, emptyState("Choose a model", "Its columns appear here."));

  async function open(relation, column) {
    remember({ ...choice, relation, column });
    picture.choose(relation);
    fill(lineage);
    try {
      const { columns: names } = await get(api(environment, "/lineage/columns", { relation }));
      const kind = graph.kinds[relation];
      const buttons = names.map((name) => el("button", { type: "button", class: "column", onclick: () => follow(relation, name) }, name));
      fill(columns,
        el("div", { class: "card-head" }, el("h2", { class: "clip", title: relation }, kind ? el("a", { href: modelPage(environment, relation) }, relation) : relation),
          el("span", { class: "spacer" }), kind ? kindMark(kind) : el("span", { class: "fine" }, "table")),
        el("div", { class: "columns" }, buttons.length ? buttons : el("span", { class: "fine" }, "Its columns are not known.")));
      if (column) await follow(relation, column);
    } catch (error) {
      fill(columns, failureState(error, () => open(relation, column)));
    }
  }

  async function follow(relation, column) {
    remember({ ...choice, relation, column });
    for (const button of columns.querySelectorAll(".column")) button.setAttribute("aria-pressed", String(button.textContent === column));
    const { upstream, downstream } = await drawLineage(lineage, environment, relation, column);
    picture.light(relation, new Set(upstream.map((each) => each.table)), new Set(downstream.map((each) => each.table)));
  }

  if (choice.relation) await open(choice.relation, choice.column);
  else if (choice.around) await open(choice.around);
}

function controls(choice) {
  const around = el("input", { name: "around", placeholder: "schema.model", "aria-label": "Around this model", value: choice.around ?? "" });
  const steps = el("select", { name: "steps", "aria-label": "How far" }, [1, 2, 3, 5, 10].map((number) =>
    el("option", { value: number, selected: String(number) === (choice.steps ?? "3") }, `${number} away`)));
  const show = (event) => {
    event?.preventDefault();
    location.assign(`${location.pathname}${query({ around: around.value.trim(), steps: around.value.trim() && steps.value })}`);
  };
  steps.addEventListener("change", () => around.value && show());
  return el("form", { class: "actions", onsubmit: show }, around, steps, el("button", { type: "submit" }, "Show"));
}

const space = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The picture, and what changes it: `choose(relation)`, `light(relation, above, below)`. */
function drawGraph(graph, onChoose) {
  const names = [...graph.sources, ...graph.models];
  const { nodes, width, height } = layOut(names, graph.edges, size);
  const lines = graph.edges.filter(({ from, to }) => nodes.has(from) && nodes.has(to)).map((edge) => {
    const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)];
    const [x1, y1, x2, y2] = [from.x + size.width, from.y + size.height / 2, to.x, to.y + size.height / 2];
    const bend = Math.max(30, (x2 - x1) / 2);
    return { ...edge, element: svg("path", { class: "edge", d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }) };
  });
  const boxes = new Map(names.map((name) => [name, box(name, graph.kinds[name], nodes.get(name), onChoose)]));
  const margin = 16;
  const element = svg("svg", {
    viewBox: `${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}`, width: width + 2 * margin, height: height + 2 * margin,
    role: "group", "aria-label": `${graph.models.length} models and ${graph.sources.length} tables`,
  }, ...lines.map((line) => line.element), ...boxes.values());
  function light(relation, above, below) {
    const side = (name) => (name === relation ? "chosen" : above.has(name) ? "above" : below.has(name) ? "below" : "");
    for (const [name, node] of boxes) node.dataset.side = side(name);
    for (const line of lines) line.element.dataset.side = side(line.from) && side(line.to) ? "lit" : "";
    element.dataset.lit = above.size + below.size ? "yes" : "";
  }
  return { element: el("div", { class: "scroll" }, element), light, choose: (relation) => light(relation, new Set(), new Set()) };
}

function box(name, kind, { x, y }, onChoose) {
  const short = name.length > 30 ? `${name.slice(0, 29)}…` : name;
  const node = svg("g", { class: "node", transform: `translate(${x} ${y})`, tabindex: "0", role: "button", "aria-label": kind ? `${name}, ${kind}` : `${name}, table` },
    svg("title", {}, kind ? `${name} (${kind})` : name),
    svg("rect", { width: size.width, height: size.height, rx: 7 }), svg("text", { x: 12, y: 22 }, short));
  node.dataset.kind = kind ? kind.toLowerCase().split("_")[0] : "table";
  node.dataset.relation = name;
  node.addEventListener("click", () => onChoose(name));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onChoose(name);
  });
  return node;
}
