import { el, fill, byId, icon } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { header } from "./header.js";

const list = byId("list");

try {
  const [, answer] = await Promise.all([header(), get("/api/v1/dashboards")]);
  list.removeAttribute("aria-busy");
  fill(list, answer.dashboards.length ? answer.dashboards.map(card) : nothing());
} catch (error) {
  list.removeAttribute("aria-busy");
  fill(list, el("p", { class: "notice error" }, error.message));
}

function card(dashboard) {
  const charts = dashboard.charts === 1 ? "1 chart" : `${dashboard.charts} charts`;
  return el("a", { class: "dashboard-link", href: `/dashboards/${encodeURIComponent(dashboard.name)}` },
    el("strong", {}, dashboard.title),
    dashboard.description && el("span", { class: "muted" }, dashboard.description),
    el("span", { class: "fine" }, charts));
}

function nothing() {
  return el("div", { class: "state" }, icon("empty"),
    el("strong", {}, "No dashboards yet"),
    el("span", { class: "muted" }, "They are YAML files in the pipeline's folder dashboards/."));
}
