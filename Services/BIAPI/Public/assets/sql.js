// The SQL page: one read-only statement at a time, its rows, and what was asked before.
import { el, fill, byId, icon } from "/shared/dom.js";
import { get, post, remove } from "/shared/api.js";
import { header } from "./header.js";
import { ago, milliseconds, number } from "./format.js";
import { openEditor } from "./editor.js";
import { drawSchemas } from "./schema-tree.js";
import { drawResult } from "./result-grid.js";

const results = byId("panel-results");
const past = byId("panel-history");
const [runButton, stopButton, status, csv, limit] = ["run", "stop", "status", "csv", "limit"].map(byId);
const draft = "millrace.sql";
const editor = openEditor(byId("editor"), new URLSearchParams(location.search).get("sql") ?? localStorage.getItem(draft) ?? "select event, sum(events) as events\nfrom analytics.event_types\ngroup by event\norder by events desc", run);
let running = null;

header().catch((error) => fill(results, el("p", { class: "notice error" }, error.message)));
loadCatalogue();
showHint();
runButton.addEventListener("click", run);
stopButton.addEventListener("click", stop);
window.addEventListener("beforeunload", () => localStorage.setItem(draft, editor.text));
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && running) stop(); });
setUpTabs();
setUpTables();

async function loadCatalogue() {
  const place = byId("schemas");
  try {
    const catalogue = await get("/api/v1/catalogue");
    drawSchemas(place, byId("schema-search"), catalogue, {
      insert: (name) => editor.insert(name),
      preview: (relation) => { editor.text = `select *\nfrom ${relation}\nlimit 100`; run(); },
    });
    const tables = {};
    for (const schema of catalogue.schemas) for (const relation of schema.relations) tables[`${schema.name}.${relation.name}`] = relation.columns.map((column) => column.name);
    editor.pendingSchema = tables;
    editor.schema(tables);
  } catch (error) {
    fill(place, el("p", { class: "notice error" }, error.message));
  }
  place.removeAttribute("aria-busy");
}

function say(words, kind = "") {
  status.textContent = words;
  status.className = `status ${kind}`;
}

async function run() {
  if (running) return;
  const selected = editor.selected;
  const sql = selected.trim() ? selected : editor.text;
  const offset = selected.trim() ? editor.selectionStart : 0;
  if (!sql.trim()) return say("Write a query first.", "bad");
  localStorage.setItem(draft, editor.text);
  const id = crypto.randomUUID ? crypto.randomUUID() : uuid();
  // What the query before had to say is not said of this one.
  if (results.querySelector(".failure")) fill(results, el("div", { class: "state" }, el("strong", {}, "Running …")));
  running = { id, started: performance.now(), stopped: false };
  const job = running;
  runButton.disabled = true;
  stopButton.disabled = false;
  csv.hidden = true;
  const clock = setInterval(() => say(`Running … ${milliseconds(performance.now() - job.started)}`), 100);
  say("Running …");
  show("results");
  try {
    const result = await post("/api/v1/queries", { id, sql, rows_max: Number(limit.value) });
    clearInterval(clock);
    showResult(result);
  } catch (error) {
    clearInterval(clock);
    showFailure(error, sql, offset, job);
  }
  running = null;
  runButton.disabled = false;
  stopButton.disabled = true;
}

async function stop() {
  if (!running || running.stopped) return;
  running.stopped = true;
  stopButton.disabled = true;
  await remove(`/api/v1/queries/${running.id}`).catch((error) => say(error.message, "bad"));
}

function showResult(result) {
  const rows = rowsInWords(result.rows.length);
  const cut = result.truncated ? `, cut at the limit` : "";
  say(`${rows}${cut} in ${milliseconds(result.elapsed_ms)}`, result.truncated ? "warn" : "");
  csv.href = `/api/v1/queries/${result.id}/csv`;
  csv.hidden = result.columns.length === 0;
  if (result.rows.length) return drawResult(results, result);
  fill(results, el("div", { class: "state" }, icon("empty"), el("strong", {}, "No rows"), el("span", {}, result.columns.map((column) => column.name).join(", "))));
}

const rowsInWords = (count) => (count === 1 ? "1 row" : `${number(count, "integer")} rows`);

function showFailure(error, sql, offset, job) {
  if (job.stopped) {
    say(`Stopped after ${milliseconds(performance.now() - job.started)}`, "warn");
    return fill(results, el("div", { class: "state" }, el("strong", {}, "Stopped"), el("span", {}, "The database works on it no longer.")));
  }
  say("Failed", "bad");
  const { hint, position } = error.body ?? {};
  fill(results, el("div", { class: "failure", role: "alert" },
    el("p", { class: "notice error" }, error.message),
    hint && el("p", { class: "muted" }, hint),
    position ? excerpt(sql, position) : null));
  if (position) editor.mark(offset + utf16(sql, position - 1));
}

/** The line that the error is in, with the place marked. */
function excerpt(sql, position) {
  const at = utf16(sql, position - 1);
  const start = sql.lastIndexOf("\n", at - 1) + 1;
  const end = sql.indexOf("\n", at) < 0 ? sql.length : sql.indexOf("\n", at);
  const line = sql.slice(0, start).split("\n").length;
  return el("pre", {}, `Line ${line}: ${sql.slice(start, at)}`, el("span", { class: "here" }, sql.slice(at, end).match(/^\S+/)?.[0] ?? "⏎"), sql.slice(at, end).replace(/^\S+/, ""));
}

/** The database counts characters, scripts count UTF-16 units. */
const utf16 = (text, characters) => [...text].slice(0, characters).join("").length;

function showHint() {
  fill(results, el("div", { class: "state" }, icon("table"), el("strong", {}, "Results appear here"),
    el("span", {}, "Queries are read-only. Ctrl+Enter runs the selection, or all of it; Escape stops.")));
}

async function showHistory() {
  past.setAttribute("aria-busy", "true");
  try {
    const { queries } = await get("/api/v1/queries");
    fill(past, queries.length ? queries.map(pastQuery) : el("div", { class: "state" }, icon("empty"), el("strong", {}, "Nothing asked yet")));
  } catch (error) {
    fill(past, el("p", { class: "notice error" }, error.message));
  }
  past.removeAttribute("aria-busy");
}

function pastQuery(query) {
  const facts = query.state === "succeeded"
    ? `${rowsInWords(query.rows)} in ${milliseconds(query.elapsed_ms)}`
    : query.state === "failed" ? query.error ?? "failed" : query.state;
  return el("div", { class: "past" },
    el("code", { title: query.sql }, query.sql.replace(/\s+/g, " ")),
    el("span", { class: "fine" }, `${ago(Date.parse(query.started_at))} · `, el("span", { class: query.state === "failed" ? "bad" : "" }, facts)),
    el("span", { class: "actions" },
      el("button", { type: "button", onclick: () => { editor.text = query.sql; editor.focus(); } }, "Edit"),
      query.state === "succeeded" && el("a", { class: "button", href: `/api/v1/queries/${query.id}/csv`, download: "" }, "CSV")));
}

/** Where the page is narrow, or enlarged, the tables come over it. */
function setUpTables() {
  const [tables, button] = [byId("tables"), byId("show-tables")];
  const set = (isOpen) => {
    tables.classList.toggle("open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => {
    set(!tables.classList.contains("open"));
    if (tables.classList.contains("open")) byId("schema-search").focus();
  });
  document.addEventListener("pointerdown", (event) => { if (!tables.contains(event.target) && event.target !== button) set(false); });
  tables.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    set(false);
    button.focus();
  });
}

function setUpTabs() {
  const tabs = [byId("tab-results"), byId("tab-history")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab.id.slice(4)));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[1 - tabs.indexOf(tab)];
      other.focus();
      show(other.id.slice(4));
    });
  }
}

function show(name) {
  for (const each of ["results", "history"]) {
    const isIt = each === name;
    byId(`tab-${each}`).setAttribute("aria-selected", String(isIt));
    byId(`tab-${each}`).tabIndex = isIt ? 0 : -1;
    byId(`panel-${each}`).hidden = !isIt;
  }
  if (name === "history") showHistory();
}

/** Where the page is not in a secure context and `randomUUID` is missing. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
