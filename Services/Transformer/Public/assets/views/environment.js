// The models of an environment, what audits found in it, and what it was before.
import { el, fill, emptyState } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { count } from "/shared/times.js";
import { card, crumbs, head, table, at, since, dataTime, kindMark, modelLink, more, findingRows, runRows, outcome } from "../parts.js";
import { api, chosen, remember, graphPage, differencesPage, planPage } from "../addresses.js";

export async function draw(main, environment) {
  document.title = `${environment} · Millrace`;
  const place = el("div", {});
  const words = el("p", { class: "muted", role: "status" });
  const search = el("input", { type: "search", placeholder: "Name, kind, owner or tag", "aria-label": "Search models", value: chosen().search ?? "" });
  const show = async () => {
    remember({ search: search.value });
    await list(place, words, environment, search.value);
  };
  let waiting;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 200); });
  const [promotions, audits, runs] = await Promise.all([
    get(api(environment, "/promotions")), get(api(environment, "/audits")), get(api(environment, "/runs", { limit: 20 })),
  ]);
  fill(main,
    head(environment, words, [
      el("a", { class: "button", href: graphPage(environment) }, "Graph"),
      environment !== "prod" && el("a", { class: "button", href: differencesPage("prod", environment) }, "Differences from prod"),
      el("a", { class: "button", href: planPage(environment) }, "Plan"),
    ], crumbs(["Environments", "/"])),
    el("div", { class: "stack" },
      card("Models", search, place),
      audits.findings.length > 0 && card("What audits found in the last 30 days", null,
        table(["When", "Model", "Audit", "", "Failures", ""], findingRows(audits.findings, environment))),
      runs.runs.length > 0 && card("Last runs", null, table(["When", "Model", "", "Took", "Rows", "Computed"], runRows(runs.runs, environment))),
      card("Promotions", null, table(["Promoted", "Models", "Plan"], promotions.promotions.map((one) => el("tr", {},
        el("td", {}, at(one.promotedAt), one.isCurrent && el("span", { class: "pill" }, "now")),
        el("td", {}, count(one.models, "model")), el("td", {}, el("code", { class: "id" }, one.plan))))))));
  await show();
}

async function list(place, words, environment, search, cursor) {
  const page = await get(api(environment, "/models", { search, cursor, limit: 100 }));
  if (!cursor) {
    words.textContent = count(page.total, "model");
    fill(place, page.models.length
      ? table(["Model", "Kind", "Owner", "Schedule", "Last run", "Computed up to", "Findings"], [])
      : emptyState("No models", search ? "None fits what you search for." : "This environment is empty."));
  }
  place.querySelector("tbody")?.append(...page.models.map((model) => row(environment, model)));
  const button = more(page.nextCursor, (next) => list(place, words, environment, search, next));
  if (button) place.append(el("div", { class: "more" }, button));
}

const row = (environment, model) => el("tr", { data: { model: model.name } },
  el("td", { class: "wide" }, modelLink(environment, model.name), model.description && el("div", { class: "fine clip" }, model.description)),
  el("td", {}, kindMark(model.kind)),
  el("td", {}, model.owner ?? "–", model.tags.length > 0 && el("div", { class: "fine" }, model.tags.join(", "))),
  el("td", {}, el("code", { class: "cron" }, model.cron)),
  el("td", {}, model.lastRun ? [outcome(model.lastRun), el("div", { class: "fine" }, since(model.lastRun.finishedAt))] : el("span", { class: "fine" }, "–")),
  el("td", {}, dataTime(model.computedUpTo), model.computedUpTo && el("div", { class: "fine" }, since(model.computedUpTo))),
  el("td", { class: "number" }, model.findings > 0 ? el("strong", { class: "bad" }, model.findings) : "0",
    model.failedTests > 0 && el("div", { class: "fine bad" }, `${count(model.failedTests, "unit test")} failed`)));
