// One DAG: its grid of runs and models, a run or task beside it, what can be done with it. What the service says has changed is
// fetched and drawn, and nothing else.
import { el, fill, byId, icon, failureState } from "/shared/dom.js";
import { get, segment } from "/shared/api.js";
import { header } from "./header.js";
import { listen } from "./live.js";
import { when, exact, relative, count } from "/shared/times.js";
import { legend, runStates, stateWords, isOver } from "./states.js";
import { pauseSwitch } from "./switch.js";
import { drawGrid, drawRun } from "./grid.js";
import { drawPanel } from "./run-panel.js";
import { triggerDialog, backfillDialog } from "./dialogs.js";
import { toast } from "./toast.js";

const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const api = `/api/v1/dags/${segment(id)}`;
const runsMax = 40;
/** A change of more runs than this at a time is fetched as the list. */
const singlyMax = 8;
let session;
let dag;
let runs = [];
let older = null;
let run = null;
/** What the reader chose, as it is in the address: a run, a task of it, runs of one state, runs before one. */
let chosen = {};

const names = ["run", "model", "state", "before"];

function fromAddress() {
  const query = new URLSearchParams(location.search);
  chosen = Object.fromEntries(names.map((name) => [name, query.get(name)]));
}

function toAddress(replace) {
  const query = new URLSearchParams();
  for (const name of names) if (chosen[name]) query.set(name, chosen[name]);
  history[replace ? "replaceState" : "pushState"](null, "", query.size ? `?${query}` : location.pathname);
}

function choose(next, { replace = false } = {}) {
  chosen = { ...chosen, ...next };
  toAddress(replace);
  drawRuns();
  if (run?.id === chosen.run) drawDetails();
  else loadRun();
}

/** Other runs: of another state, or older ones. */
async function turnTo(next) {
  chosen = { ...chosen, run: null, model: null, ...next };
  toAddress(false);
  await refresh();
}

async function load() {
  await Promise.all([loadDag(), loadRuns()]);
  await loadRun();
}

async function loadDag() {
  dag = await get(api);
  drawHead();
  drawModels();
}

async function loadRuns() {
  const query = new URLSearchParams({ limit: runsMax });
  if (chosen.state) query.set("state", chosen.state);
  if (chosen.before) query.set("cursor", chosen.before);
  const page = await get(`${api}/runs?${query}`);
  runs = page.items;
  older = page.next_cursor ?? null;
  if (!chosen.run && runs.length) chosen = { ...chosen, run: runs[0].id, model: null };
  if (dag) drawRuns();
}

async function loadRun() {
  const wanted = chosen.run;
  if (!wanted) {
    run = null;
    return drawDetails();
  }
  try {
    const found = await get(`/api/v1/runs/${segment(wanted)}`);
    if (wanted !== chosen.run) return;
    run = found;
    drawDetails();
  } catch (error) {
    fill(byId("panel"), failureState(error, loadRun));
  }
}

const drawDetails = () => drawPanel(byId("panel"), run, { chosen, choose, mayOperate: session.may_operate, done: () => toast("Asked for.") });

/** A schedule is in UTC unless it says so. */
const zone = (model) => (model.cron_tz && model.cron_tz !== "UTC" ? ` (${model.cron_tz})` : "");

function nextRun() {
  if (dag.paused) return "Paused: no run comes by itself.";
  if (!dag.next_run_at) return dag.definition && !dag.definition.schedule ? "No schedule: runs begin when somebody asks." : "No next run.";
  if (new Date(dag.next_run_at) <= Date.now()) return el("span", { title: exact(dag.next_run_at) }, "Next run ", el("strong", {}, when(dag.next_run_at)), " (due)");
  return el("span", { title: exact(dag.next_run_at) }, "Next run ", el("strong", {}, when(dag.next_run_at)), ` (${relative(dag.next_run_at)})`);
}

function drawHead() {
  document.title = `${dag.id} · Millrace`;
  byId("title").textContent = dag.id;
  const crons = new Set(dag.models.map((model) => `${model.cron}${zone(model)}`));
  if (dag.definition) {
    const { definition } = dag;
    fill(byId("summary"), count(definition.tasks.length, "task"), definition.schedule && [", ", el("code", { class: "cron" }, definition.schedule)],
      ", from ", el("code", {}, definition.file), definition.owner && `, ${definition.owner}`, definition.description && el("div", { class: "fine" }, definition.description));
  } else {
    fill(byId("summary"), count(dag.models.length, "model"), ", ", [...crons].slice(0, 3).map((cron) => el("code", { class: "cron" }, cron)));
  }
  fill(byId("actions"),
    el("label", { class: "switch-label" }, dag.paused ? "Paused" : "On schedule", pauseSwitch(dag, session.may_operate, (message) => toast(message, "error"))),
    session.may_operate && el("button", { type: "button", onclick: () => backfillDialog(dag, started) }, icon("clock"), "Backfill"),
    session.may_operate && el("button", { type: "button", class: "primary", onclick: () => triggerDialog(dag, started) }, icon("play"), "Trigger"));
  drawFacts();
}

const drawFacts = () => fill(byId("facts"), nextRun(), ` · ${dag.active_runs} of ${dag.active_runs_max} active · missed ticks: ${dag.catch_up}`);

function started(runId) {
  toast("Run asked for.");
  chosen = { run: runId };
  toAddress(false);
  refresh();
}

function drawRuns() {
  drawGrid(byId("grid"), { models: dag.definition?.tasks ?? dag.models, runs, chosen, choose });
  byId("grid").setAttribute("aria-busy", "false");
  fill(byId("pages"),
    el("select", { "aria-label": "Runs of this state", onchange: (event) => turnTo({ state: event.target.value || null, before: null }) },
      [["", "all runs"], ...runStates.map((state) => [state, stateWords(state)])].map(([value, words]) =>
        el("option", { value, selected: (chosen.state ?? "") === value }, words))),
    el("button", { type: "button", disabled: !chosen.before, onclick: () => turnTo({ before: null }) }, "Newest"),
    el("button", { type: "button", disabled: !older, onclick: () => turnTo({ before: older }) }, "Older"));
}

/** The tasks of a DAG that a file defines. */
function drawTasks({ tasks, problem }) {
  byId("models").closest("section").setAttribute("aria-label", "Tasks");
  byId("models").closest("section").querySelector("h2").textContent = "Tasks";
  fill(byId("models"), problem && el("div", { class: "notice error" }, problem), el("table", { class: "data" },
    el("thead", {}, el("tr", {}, ["Task", "Kind", "Does", "After", "Retries", "Pool"].map((words) => el("th", { scope: "col" }, words)))),
    el("tbody", {}, tasks.map((task) => el("tr", {},
      el("td", { title: task.description ?? null }, el("strong", {}, task.name)),
      el("td", {}, el("span", { class: "fine" }, task.kind.replaceAll("_", " "))),
      el("td", {}, el("code", {}, task.summary)),
      el("td", {}, task.after.join(", ") || "–", task.rule !== "all_success" && el("div", { class: "fine" }, task.rule.replaceAll("_", " "))),
      el("td", {}, String(task.retries)),
      el("td", {}, task.pool, task.priority !== 0 && el("div", { class: "fine" }, `priority ${task.priority}`)))))));
}

function drawModels() {
  if (dag.definition) return drawTasks(dag.definition);
  fill(byId("models"), el("table", { class: "data" },
    el("thead", {}, el("tr", {}, ["Model", "Kind", "Schedule", "Next runs", "Reads", "Owner"].map((words) => el("th", { scope: "col" }, words)))),
    el("tbody", {}, dag.models.map((model) => el("tr", {},
      el("td", { title: model.description ?? null }, el("strong", {}, model.name)),
      el("td", {}, el("span", { class: "fine" }, model.kind.toLowerCase().replaceAll("_", " "))),
      el("td", {}, el("code", { class: "cron" }, model.cron), el("span", { class: "fine" }, zone(model)),
        model.problem && el("div", { class: "bad" }, model.problem)),
      el("td", { title: model.next_runs.map(exact).join("\n") }, model.next_runs.slice(0, 3).map((time) => when(time)).join(", ") || "–"),
      el("td", {}, [...model.depends_on, ...model.sources].join(", ")),
      el("td", {}, model.owner ?? "–"))))));
}

async function refresh() {
  try {
    await load();
  } catch (error) {
    toast(error.message, "error");
  }
}

/** Fetches and draws the runs that changed; those that are new here or gone, with the list. */
async function take(changes) {
  const ids = [...changes.runs];
  if (ids.length > singlyMax) return refresh();
  const known = new Map(runs.map((each, index) => [each.id, index]));
  // On another page, or of another state, what is not there yet does not belong there.
  const wanted = ids.filter((each) => known.has(each) || each === chosen.run || (!chosen.before && each > (runs[0]?.id ?? "")));
  const found = await Promise.all(wanted.map((each) => get(`/api/v1/runs/${segment(each)}`)));
  let isOther = changes.other;
  let isList = false;
  for (const each of found) {
    const index = known.get(each.id);
    if (index === undefined) {
      isOther = true;
      isList ||= !chosen.before && (!chosen.state || chosen.state === each.state);
    } else {
      isOther ||= isOver(runs[index].state) !== isOver(each.state);
      isList ||= !!chosen.state && chosen.state !== each.state;
      runs[index] = each;
      if (!isList) drawRun(byId("grid"), { runs, run: each });
    }
    if (each.id === chosen.run) {
      run = each;
      drawDetails();
    }
  }
  // The next run and the number of active ones change when runs begin and end, and when the DAG does.
  if (isOther) await loadDag();
  if (isList) await loadRuns();
}

try {
  fromAddress();
  fill(byId("legend"), legend.map((state) => el("span", {}, el("i", { class: "dot", data: { state } }), stateWords(state))));
  session = await header();
  await load();
  window.addEventListener("popstate", () => {
    fromAddress();
    refresh();
  });
  listen(async (changes) => {
    if (changes === null) return refresh();
    const own = changes.get(id);
    if (!own) return;
    try {
      await take(own);
    } catch (error) {
      toast(error.message, "error");
    }
  });
  setInterval(() => {
    drawFacts();
    if (run && !run.finished_at) drawDetails();
  }, 5000);
} catch (error) {
  fill(byId("grid"), failureState(error, () => location.reload()));
}
