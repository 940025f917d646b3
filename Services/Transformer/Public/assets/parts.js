// What several views are made of.
import { el } from "/shared/dom.js";
import { when, exact, relative, between, duration } from "/shared/times.js";
import { modelPage } from "./addresses.js";

/** A frame with a title. */
export const card = (title, tools, ...content) =>
  el("section", { class: "card", "aria-label": title },
    el("div", { class: "card-head" }, el("h2", {}, title), el("span", { class: "spacer" }), tools), ...content);

export const table = (heads, rows) =>
  el("div", { class: "scroll" }, el("table", { class: "data" },
    el("thead", {}, el("tr", {}, heads.map((words) => el("th", { scope: "col" }, words)))),
    el("tbody", {}, rows)));

export const crumbs = (...links) =>
  el("nav", { class: "crumbs", "aria-label": "Where you are" }, links.map(([words, href]) => el("a", { href }, words)));

/** Title, words below it, and buttons. */
export const head = (title, words, actions = [], above = null) =>
  el("div", {}, above, el("div", { class: "page-head" },
    el("div", {}, el("h1", {}, title), words && el("p", { class: "muted" }, words)), el("div", { class: "actions" }, actions)));

export const fact = (words, value, title) => [el("dt", {}, words), el("dd", { title: title ?? null }, value)];

export const kindMark = (kind) => el("span", { class: "kind", data: { kind: kind.toLowerCase().split("_")[0] } }, kind);

export const modelLink = (environment, model) => el("a", { href: modelPage(environment, model) }, model);

/** Names with links, commas between. */
export const links = (environment, names) => names.flatMap((name, index) => [index ? ", " : "", modelLink(environment, name)]);

/** The service's times: ISO 8601, or PostgreSQL's text. */
export const iso = (text) => text && text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");

/** `5 min ago`, with the exact time on it. What has no beginning or end of its own says so. */
export function since(text) {
  if (!text) return "–";
  return el("span", { title: exact(iso(text)) }, relative(iso(text)));
}

/** A time as it is. */
export const at = (text) => (text ? el("span", { title: exact(iso(text)) }, when(iso(text))) : "–");

/** A bound of data, in UTC, where data is cut into intervals. */
export const dataTime = (text) => (!text ? "–" : text.startsWith("0001-") ? "the beginning"
  : text.replace("T00:00:00Z", "").replace("T", " ").replace("Z", " UTC"));

/** Lines that differ: `- …` and `+ …`. */
export const diff = (lines) => el("pre", { class: "diff" }, lines.map((line) =>
  el("span", { data: { side: line.startsWith("+") ? "new" : "old" } }, `${line}\n`)));

/** What audits found, each with its first rows. */
export function findingRows(findings, environment) {
  return findings.map((found) => el("tr", {},
    el("td", {}, at(found.at)),
    environment && el("td", {}, modelLink(environment, found.model)),
    el("td", {}, el("code", {}, found.audit)),
    el("td", {}, el("span", { class: "pill", data: { state: found.isBlocking ? "bad" : "warn" } }, found.isBlocking ? "refused" : "warned")),
    el("td", { class: "number" }, new Intl.NumberFormat("en").format(found.failures)),
    el("td", { class: "wide" }, found.rows.length > 0 && el("details", {}, el("summary", {}, "rows"), el("pre", {}, found.rows.join("\n"))))));
}

/** What was computed, a row a batch. */
export function runRows(runs, environment) {
  return runs.map((run) => el("tr", {},
    el("td", {}, at(run.finishedAt), el("div", { class: "fine" }, since(run.finishedAt))),
    environment && el("td", {}, modelLink(environment, run.model)),
    el("td", {}, outcome(run)), el("td", { class: "number" }, duration(between(run.startedAt, run.finishedAt))),
    el("td", { class: "number" }, new Intl.NumberFormat("en").format(run.rows)),
    el("td", { class: "wide" }, run.computed, run.error && el("details", {}, el("summary", {}, "error"), el("pre", {}, run.error)))));
}

export const outcome = (run) => el("span", { class: "pill", data: { state: run.error ? "bad" : "good" } }, run.error ? "failed" : "computed");

/** A button that asks for the next page of a list for as long as there is one. */
export function more(cursor, load) {
  if (!cursor) return null;
  const button = el("button", {
    type: "button", onclick: async () => {
      button.disabled = true;
      try { await load(cursor); } finally { button.remove(); }
    },
  }, "More");
  return button;
}
