// What applying the pipeline folder to an environment would do. Nothing is done from here.
import { el, fill, emptyState, failureState } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { count } from "/shared/times.js";
import { card, head, table, diff, dataTime } from "../parts.js";
import { chosen, planPage, query } from "../addresses.js";

const categories = { breaking: "breaking: it and what reads it are computed again", non_breaking: "non-breaking: it is computed again, and what reads the changed columns", same_rows: "same rows: nothing is computed" };
const changes = { added: "added", removed: "removed", modified: "modified", indirectly_modified: "reads something that changes", metadata: "description or settings" };

export async function draw(main) {
  document.title = "Plan · Millrace";
  const environment = chosen().environment ?? "prod";
  const { environments } = await get("/api/v1/environments");
  const name = el("input", { name: "environment", value: environment, "aria-label": "Environment" });
  const place = el("div", { class: "stack", "aria-busy": "true" });
  fill(main, head(`Plan for ${environment}`, "What `transformer apply` would do with the pipeline folder as it is now. Nothing is done from here.",
    el("form", { class: "actions", onsubmit: (event) => { event.preventDefault(); location.assign(planPage(name.value.trim())); } },
      name, el("datalist", { id: "environments" }, environments.map((each) => el("option", { value: each.name }))),
      el("button", { type: "submit", class: "primary" }, "Plan"))), place);
  name.setAttribute("list", "environments");
  try {
    show(place, await get(`/api/v1/plan${query({ environment })}`));
  } catch (error) {
    fill(place, el("div", { class: "card" }, failureState(error, () => location.reload())));
  } finally {
    place.setAttribute("aria-busy", "false");
  }
}

function show(place, plan) {
  if (plan.isEmpty) return fill(place, el("div", { class: "card" }, emptyState("Nothing to do", `${plan.environment} is what the folder says, and nothing is missing.`)));
  fill(place,
    plan.removal && el("p", { class: "notice error" }, plan.removal),
    card("Models that change", total(plan.changes), plan.changes.total ? el("ul", { class: "changes" }, plan.changes.items.map(change)) : el("p", { class: "muted pad" }, "None.")),
    plan.tablesToCreate.total > 0 && card("Tables to make", total(plan.tablesToCreate), el("p", { class: "pad names" }, plan.tablesToCreate.items.join(", "))),
    plan.toCompute.total > 0 && card("To compute", total(plan.toCompute), table(["Model", "From", "To", "Batches", "Rows, about"], plan.toCompute.items.map((work) => el("tr", {},
      el("td", {}, work.model), el("td", {}, work.isWhole ? "whole" : dataTime(work.from)), el("td", {}, dataTime(work.to)), el("td", { class: "number" }, work.batches), el("td", { class: "number" }, work.estimatedRows?.toLocaleString("en") ?? ""))))),
    plan.waiting.total > 0 && card("Waiting for data", total(plan.waiting), table(["Model", "Raw table", "Landed up to"], plan.waiting.items.map((one) => el("tr", {},
      el("td", {}, one.model), el("td", {}, one.table), el("td", {}, one.landedUpTo ? dataTime(one.landedUpTo) : "nothing is known to have landed"))))),
    plan.auditsToRun.total > 0 && card("Audits to run on what is there", total(plan.auditsToRun), el("p", { class: "pad names" }, plan.auditsToRun.items.join(", "))),
    plan.viewsToPoint.total > 0 && card("Views to point", total(plan.viewsToPoint), el("p", { class: "pad names" }, plan.viewsToPoint.items.map((view) => view.view).join(", "))),
    plan.viewsToDrop.total > 0 && card("Views to drop", total(plan.viewsToDrop), el("p", { class: "pad names" }, plan.viewsToDrop.items.map((view) => view.view).join(", "))));
}

const total = (list) => el("span", { class: "fine" }, list.total > list.items.length ? `the first ${list.items.length} of ${list.total}` : String(list.total));

const change = (each) => el("li", { data: { model: each.model } },
  el("div", {}, el("strong", {}, each.model), " ", el("span", { class: "pill", data: { state: each.change } }, changes[each.change]),
    each.category && el("span", { class: "fine" }, ` ${categories[each.category]}`)),
  each.reason && el("div", { class: "fine" }, each.reason),
  each.affects.length > 0 && el("div", { class: "fine" }, `affects ${count(each.affects.length, "model")}: ${each.affects.join(", ")}`),
  each.lines.length > 0 && diff(each.lines));
