// Where a column comes from and what is made of it, as a list.
import { el, fill, failureState, emptyState } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { api, modelPage, graphPage } from "./addresses.js";

const usages = { copied: "as it is", computed: "computed", aggregated: "aggregated" };

/** Shows the lineage of a column in `place`, and gives what it is connected with: `{ upstream, downstream }`. */
export async function drawLineage(place, environment, relation, column) {
  place.setAttribute("aria-busy", "true");
  try {
    const found = await get(api(environment, "/lineage/column", { relation, column }));
    fill(place,
      el("div", { class: "card-head" }, el("h2", { class: "clip", title: `${relation}.${column}` }, column), el("span", { class: "spacer" }),
        !location.pathname.endsWith("/graph") && el("a", { href: graphPage(environment, { around: relation, relation, column }) }, "in the graph")),
      el("div", { class: "lineage" },
        part("Fields of messages", found.fields.map((field) => el("li", {}, el("code", {}, field.field), el("span", { class: "fine" }, ` of the topic ${field.topic}`)))),
        part("Comes from", found.upstream.map((each) => connection(environment, each)), "no other column"),
        part("Goes into", found.downstream.map((each) => connection(environment, each)), "no other model"),
        part("Decides the rows of", found.filters.map((model) => el("li", {}, el("a", { href: modelPage(environment, model) }, model)))),
        part("Charts", found.charts.map((chart) => el("li", {}, chart.title, el("span", { class: "fine" }, ` ${chart.dashboards.join(", ")}`)))),
        found.isCut && el("p", { class: "fine" }, "There are more; these are the nearest."),
        found.leftOut.map((one) => el("p", { class: "notice" }, `${one.model} could not be followed: ${one.reason}`)),
        found.problems.map((problem) => el("p", { class: "notice" }, problem))));
    return found;
  } catch (error) {
    fill(place, failureState(error, () => drawLineage(place, environment, relation, column)));
    return { upstream: [], downstream: [] };
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

export const drawNoLineage = (place) => fill(place, emptyState("Choose a column", "Where it comes from and what is made of it appears here."));

function part(title, items, nothing) {
  if (!items.length && !nothing) return null;
  return [el("h3", {}, title), items.length ? el("ul", {}, items) : el("p", { class: "fine" }, nothing)];
}

function connection(environment, found) {
  const name = `${found.table}.${found.column}`;
  const way = found.path.length > 2 ? `by way of ${found.path.slice(1, -1).join(", ")}` : null;
  return el("li", { title: way }, found.isModel ? el("a", { href: modelPage(environment, found.table) }, name) : el("code", {}, name),
    el("span", { class: "fine" }, ` ${usages[found.usage]}`));
}
