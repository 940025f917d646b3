// One DAG: its grid of runs and models, a run or task beside it, what can be done with it.
import { el, fill, byId, icon, failureState } from "/shared/dom.js";
import { get, segment } from "/shared/api.js";
import { header } from "./header.js";
import { listen } from "./live.js";
import { when, exact, relative, count } from "/shared/times.js";
import { legend, stateWords } from "./states.js";
import { pauseSwitch } from "./switch.js";
import { drawGrid } from "./grid.js";
import { drawPanel } from "./run-panel.js";
import { triggerDialog, backfillDialog } from "./dialogs.js";
import { toast } from "./toast.js";

const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const api = `/api/v1/dags/${segment(id)}`;
const runsMax = 40;
let session;
let dag;
let runs = [];
let run = null;
let chosen = { run: null, model: null };

function fromAddress() {
  const query = new URLSearchParams(location.search);
  chosen = { run: query.get("run"), model: query.get("model") };
}

function choose(next, { replace = false } = {}) {
  chosen = next;
  const query = new URLSearchParams();
  if (chosen.run) query.set("run", chosen.run);
  if (chosen.model) query.set("model", chosen.model);
  history[replace ? "replaceState" : "pushState"](null, "", query.size ? `?${query}` : location.pathname);
  drawRuns();
  loadRun();
}

async function load() {
  [dag, { items: runs }] = await Promise.all([get(api), get(`${api}/runs?limit=${runsMax}`)]);
  if (!chosen.run && runs.length) chosen = { run: runs[0].id, model: null };
  drawHead();
  drawRuns();
  drawModels();
  await loadRun();
}

async function loadRun() {
  const wanted = chosen.run;
  if (!wanted) return drawPanel(byId("panel"), null, {});
  try {
    const found = await get(`/api/v1/runs/${segment(wanted)}`);
    if (wanted !== chosen.run) return;
    run = found;
    drawPanel(byId("panel"), run, { chosen, choose });
  } catch (error) {
    fill(byId("panel"), failureState(error, loadRun));
  }
}

/** A schedule is in UTC unless it says so. */
const zone = (model) => (model.cron_tz && model.cron_tz !== "UTC" ? ` (${model.cron_tz})` : "");

function drawHead() {
  document.title = `${dag.id} · Millrace`;
  byId("title").textContent = dag.id;
  const crons = new Set(dag.models.map((model) => `${model.cron}${zone(model)}`));
  fill(byId("summary"), count(dag.models.length, "model"), ", ", [...crons].slice(0, 3).map((cron) => el("code", { class: "cron" }, cron)));
  fill(byId("actions"),
    el("label", { class: "switch-label" }, dag.paused ? "Paused" : "On schedule", pauseSwitch(dag, session.may_operate, (message) => toast(message, "error"))),
    session.may_operate && el("button", { type: "button", onclick: () => backfillDialog(dag, started) }, icon("clock"), "Backfill"),
    session.may_operate && el("button", { type: "button", class: "primary", onclick: () => triggerDialog(dag, started) }, icon("play"), "Trigger"));
  fill(byId("facts"),
    dag.paused ? "Paused: no run comes by itself." : dag.next_run_at
      ? el("span", { title: exact(dag.next_run_at) }, "Next run ", el("strong", {}, when(dag.next_run_at)), ` (${relative(dag.next_run_at)})`) : "No next run.",
    ` · ${dag.active_runs} of ${dag.active_runs_max} active · missed ticks: ${dag.catch_up}`);
}

function started(runId) {
  toast("Run asked for.");
  choose({ run: runId, model: null });
  refresh();
}

function drawRuns() {
  drawGrid(byId("grid"), { models: dag.models, runs, chosen, choose });
  byId("grid").setAttribute("aria-busy", "false");
}

function drawModels() {
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

try {
  fromAddress();
  fill(byId("legend"), legend.map((state) => el("span", {}, el("i", { class: "dot", data: { state } }), stateWords(state))));
  session = await header();
  await load();
  window.addEventListener("popstate", () => {
    fromAddress();
    drawRuns();
    loadRun();
  });
  listen((dags) => (dags === null || dags.has(id)) && refresh());
  setInterval(() => {
    drawHead();
    if (run && !run.finished_at) drawPanel(byId("panel"), run, { chosen, choose });
  }, 5000);
} catch (error) {
  fill(byId("grid"), failureState(error, () => location.reload()));
}
