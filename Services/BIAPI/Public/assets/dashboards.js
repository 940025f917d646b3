// All dashboards, and what of the pipeline's YAML cannot be shown.
import { el, fill, byId, icon, keepFocus } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { header } from "./header.js";
import { listen } from "./live.js";

const list = byId("list");

try {
  const [, answer] = await Promise.all([header(), get("/api/v1/dashboards")]);
  show(answer);
  listen({ dashboards: refresh, all: refresh });
} catch (error) {
  fail(error);
}

async function refresh() {
  try {
    show(await get("/api/v1/dashboards"));
  } catch (error) {
    fail(error);
  }
}

function show(answer) {
  list.removeAttribute("aria-busy");
  keepFocus(list, byId("main"), () => fill(list, answer.dashboards.length ? answer.dashboards.map(card) : nothing()));
  fill(byId("mistakes"), answer.mistakes.length ? mistakes(answer.mistakes) : null);
}

function fail(error) {
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

function mistakes(all) {
  return el("div", { class: "notice error mistakes" },
    el("strong", {}, all.length === 1 ? "One part of the dashboards is set aside" : `${all.length} parts of the dashboards are set aside`),
    el("ul", {}, all.map((mistake) => el("li", {},
      mistake.part !== "file" && `${mistake.part} ${mistake.name}: `,
      el("code", {}, mistake.file + (mistake.line ? `:${mistake.line}` : "")), ` ${mistake.detail}`))),
    el("span", {}, "The rest works. A file that is mended is taken up at once."));
}

function nothing() {
  return el("div", { class: "state" }, icon("empty"),
    el("strong", {}, "No dashboards yet"),
    el("span", { class: "muted" }, "They are YAML files in the pipeline's folder dashboards/."));
}
