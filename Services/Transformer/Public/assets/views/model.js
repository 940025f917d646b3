// A model: what it is, what a run would do, its days, columns with lineage, SQL, audits and runs.
import { el, fill, failureState } from "/shared/dom.js";
import { get, segment } from "/shared/api.js";
import { count } from "/shared/times.js";
import { card, crumbs, head, table, fact, at, since, dataTime, kindMark, links, findingRows, runRows } from "../parts.js";
import { api, chosen, remember, environmentPage, modelPage, graphPage } from "../addresses.js";
import { drawLineage, drawNoLineage } from "../lineage.js";
import { calendar, legend } from "../calendar.js";

const daysShown = 371;

export async function draw(main, environment, name) {
  document.title = `${name} · ${environment} · Millrace`;
  const path = `/models/${segment(name)}`;
  const model = await get(api(environment, path));
  const panel = el("aside", { class: "card panel", "aria-label": "Column" });
  const days = el("div", { class: "pad" });
  const sql = el("div", {});
  const found = el("div", {});
  const runs = el("div", {});
  fill(main,
    head(name, model.description, [el("a", { class: "button", href: graphPage(environment, { around: name }) }, "Graph")],
      crumbs(["Environments", "/"], [environment, environmentPage(environment)])),
    model.problem && el("p", { class: "notice error", role: "status" }, model.problem),
    el("div", { class: "split" },
      el("div", { class: "stack" },
        el("section", { class: "card" }, facts(environment, model)),
        model.situation && card("What a run would do now", null, situation(model.situation)),
        card("Days", null, days),
        columns(environment, model, panel),
        card("Runs", null, runs),
        card("SQL", null, sql),
        card("Audits", null, el("ul", { class: "audits" }, model.audits.map((audit) =>
          el("li", {}, el("code", {}, audit.audit), el("span", { class: "fine" }, audit.isBlocking ? " blocks" : " warns"), auditResult(audit)))), found),
        model.tests.length > 0 && card("Unit tests", null, el("ul", { class: "tests" }, model.tests.map(unitTest)))),
      panel));
  const choice = chosen();
  if (choice.column) drawLineage(panel, environment, name, choice.column);
  else drawNoLineage(panel);
  await Promise.all([
    part(days, () => drawDays(days, environment, path, model.situation)),
    part(sql, () => drawSQL(sql, environment, path)),
    part(runs, () => drawRuns(runs, environment, path)),
    part(found, () => drawFindings(found, environment, path)),
  ]);
}

/** A part of the page that fails leaves the others alone. */
async function part(place, load) {
  place.setAttribute("aria-busy", "true");
  try { await load(); } catch (error) { fill(place, failureState(error, () => part(place, load))); }
  place.setAttribute("aria-busy", "false");
}

const facts = (environment, model) => el("dl", { class: "pairs" },
  fact("Kind", kindMark(model.kind)),
  fact("Schedule", [el("code", { class: "cron" }, model.cron), model.cronTimeZone === "UTC" ? "" : ` ${model.cronTimeZone}`]),
  fact("Interval", model.lookback ? `${model.unit}, ${model.lookback} looked back` : model.unit),
  model.owner && fact("Owner", model.owner),
  model.tags.length > 0 && fact("Tags", model.tags.join(", ")),
  fact("View", el("code", {}, model.relation)),
  fact("Table", [el("code", {}, model.table), model.sharedWith.length > 0 && el("div", { class: "fine" }, "also of ",
    model.sharedWith.flatMap((other, index) => [index ? ", " : "", el("a", { href: modelPage(other, model.name) }, other)]))]),
  fact("Reads", model.parents.length + model.sources.length ? [links(environment, model.parents), model.parents.length && model.sources.length ? ", " : "", model.sources.join(", ")] : "nothing"),
  fact("Read by", model.readers.length ? links(environment, model.readers) : "no model"));

/** What an audit gave last. */
const auditResult = (audit) => (!audit.ranAt ? el("span", { class: "fine" }, ", has not run yet")
  : [el("span", { class: "pill", data: { state: audit.failures === 0 ? "good" : audit.isBlocking ? "bad" : "warn" } }, audit.failures === 0 ? "passed" : count(audit.failures, "failure")),
    el("span", { class: "fine" }, " ", since(audit.ranAt), audit.lookedAt ? `, rows of ${audit.lookedAt}` : "")]);

const unitTest = (test) => el("li", { data: { test: test.name } },
  el("code", {}, test.name), el("span", { class: "pill", data: { state: test.problems.length ? "bad" : "good" } }, test.problems.length ? "failed" : "passed"),
  el("span", { class: "fine" }, ` ${test.file}:${test.line}, `, since(test.ranAt), test.isOfThis ? "" : ", of another text than the one here"),
  test.problems.length > 0 && el("pre", {}, test.problems.join("\n")));

const situation = (now) => el("div", { class: "pad" },
  el("ul", { class: "reasons" }, now.reasons.map((reason) => el("li", {}, reason))),
  el("p", { class: "fine" },
    now.runningSince ? ["Being computed, since ", at(now.runningSince), ". "] : "",
    now.computedUpTo ? ["Computed up to ", dataTime(now.computedUpTo), ". "] : "Nothing is computed. ",
    now.nextTick ? ["Next tick ", since(now.nextTick), "."] : ""));

async function drawDays(place, environment, path, now) {
  if (now?.isWhole) return fill(place, el("p", { class: "muted" }, "It is computed as a whole: no day is computed by itself."));
  async function show(before) {
    const from = new Date(before - (daysShown - 1) * 86400000).toISOString().slice(0, 10);
    const found = await get(api(environment, `${path}/calendar`, { from, days: daysShown }));
    fill(place, el("div", { class: "calendar-head" },
      el("button", { type: "button", onclick: () => show(before - daysShown * 86400000) }, "Earlier"),
      before < Date.now() - 86400000 && el("button", { type: "button", onclick: () => show(before + daysShown * 86400000) }, "Later"),
      el("span", { class: "spacer" }), legend()),
    el("div", { class: "scroll" }, calendar(found)));
  }
  await show(Date.now());
}

function columns(environment, model, panel) {
  const rows = model.columns.map((column) => {
    const row = el("tr", {},
      el("td", {}, el("button", { type: "button", class: "column", onclick: () => choose(column.name, row) }, column.name)),
      el("td", {}, el("code", {}, column.type)), el("td", { class: "wide" }, column.description ?? ""));
    if (chosen().column === column.name) row.setAttribute("aria-selected", "true");
    return row;
  });
  function choose(column, row) {
    for (const each of rows) each.removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
    remember({ column });
    drawLineage(panel, environment, model.name, column);
  }
  return card("Columns", null, model.columns.length ? table(["Column", "Type", "Meaning"], rows)
    : el("p", { class: "muted pad" }, "It has no relation of its own."));
}

async function drawSQL(place, environment, path) {
  const found = await get(api(environment, `${path}/sql`));
  const code = el("pre", { class: "sql" });
  const rendered = [...found.before, found.rendered, ...found.after].join(";\n\n");
  const sides = [["As written", found.written, found.file], ["Rendered", rendered, `for ${dataTime(found.from)} to ${dataTime(found.to)}`]];
  const words = el("span", { class: "fine" });
  const buttons = sides.map(([title, text, about]) => el("button", { type: "button", onclick: () => show(title, text, about) }, title));
  function show(title, text, about) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.textContent === title));
    code.textContent = text;
    words.textContent = found.isCut ? `${about}; the text is longer than what is shown` : about;
  }
  fill(place, el("div", { class: "tools" }, buttons, words), code);
  show(...sides[0]);
}

async function drawFindings(place, environment, path) {
  const { findings } = await get(api(environment, `${path}/audits`));
  fill(place, findings.length ? table(["When", "Audit", "", "Failures", ""], findingRows(findings))
    : el("p", { class: "fine pad" }, "They found nothing in its table in the last 30 days."));
}

async function drawRuns(place, environment, path) {
  const { runs } = await get(api(environment, `${path}/runs`));
  fill(place, runs.length ? table(["When", "", "Took", "Rows", "Computed"], runRows(runs))
    : el("p", { class: "fine pad" }, "Nothing was computed of it in the last 30 days."));
}
