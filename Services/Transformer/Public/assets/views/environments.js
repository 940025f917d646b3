// All environments.
import { el, fill, emptyState } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { count, exact, relative } from "/shared/times.js";
import { card, head, table, at, since, modelLink } from "../parts.js";
import { environmentPage, graphPage, differencesPage, planPage } from "../addresses.js";

export async function draw(main) {
  const [{ environments, unreadable }, { running }] = await Promise.all([get("/api/v1/environments"), get("/api/v1/running")]);
  document.title = "Models · Millrace";
  fill(main, head("Environments", "Each is a set of views over the tables of its models."),
    unreadable.map((one) => el("p", { class: "notice error", role: "status" },
      `The environment ${one.name} cannot be read by this version (${one.reason}). `, el("code", {}, `transformer apply ${one.name}`), " writes it anew.")),
    environments.length
      ? el("div", { class: "card" }, table(["Environment", "Models", "Promoted", "Goes", "Other than prod", ""], environments.map(row)))
      : unreadable.length === 0 && el("div", { class: "card" }, emptyState("No environments yet", "Apply a plan: `transformer apply`.")),
    running.length > 0 && card("Running now", null,
      table(["Environment", "Model", "Computes", "Begun", "By", "Statement"], running.map(work))));
}

const work = (one) => el("tr", { data: { running: one.model } },
  el("td", {}, el("a", { href: environmentPage(one.environment) }, one.environment)),
  el("td", {}, modelLink(one.environment, one.model)),
  el("td", { class: "wide" }, one.computed),
  el("td", {}, at(one.startedAt), el("div", { class: "fine" }, since(one.startedAt))),
  el("td", {}, one.holder, (one.task || one.plan) && el("div", { class: "fine" }, one.task ? "task " : "plan ", el("code", { class: "id" }, one.task ?? one.plan))),
  el("td", {}, one.process ? [`process ${one.process} of the database`, el("div", { class: "fine" }, "since ", at(one.statementSince), one.waitsFor && `, waits for ${one.waitsFor}`)] : el("span", { class: "fine" }, "between two statements")));

const row = (environment) => el("tr", { data: { environment: environment.name } },
  el("td", {}, el("a", { class: "name", href: environmentPage(environment.name) }, environment.name)),
  el("td", {}, count(environment.models, "model")),
  el("td", {}, at(environment.promotedAt), el("div", { class: "fine" }, since(environment.promotedAt))),
  el("td", { title: exact(environment.expiresAt) }, environment.expiresAt ? relative(environment.expiresAt) : el("span", { class: "fine" }, "stays")),
  el("td", {}, environment.otherThanProduction === undefined ? el("span", { class: "fine" }, "–")
    : el("a", { href: differencesPage("prod", environment.name) }, environment.otherThanProduction ? count(environment.otherThanProduction, "model") : "nothing")),
  el("td", {}, el("span", { class: "row-links" },
    el("a", { href: graphPage(environment.name) }, "Graph"),
    el("a", { href: planPage(environment.name) }, "Plan"))));
