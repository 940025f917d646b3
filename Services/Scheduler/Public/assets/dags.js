// The list of DAGs: switch, schedule, last runs as bars, next run.
import { el, fill, byId, emptyState, failureState } from "/shared/dom.js";
import { get, segment } from "/shared/api.js";
import { header } from "./header.js";
import { listen } from "./live.js";
import { when, exact, relative, between, duration, count } from "/shared/times.js";
import { stateWords, triggerWords, pill } from "./states.js";
import { pauseSwitch } from "./switch.js";
import { toast } from "./toast.js";
import { drawAlerts } from "./alerts.js";

const list = byId("list");
let session;

/** All pages of a list. */
async function all(path) {
  const items = [];
  for (let cursor = null; cursor !== undefined;) {
    const page = await get(cursor ? `${path}&cursor=${segment(cursor)}` : path);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  }
  return items;
}

async function load() {
  try {
    const [items, { items: aside }] = await Promise.all([all("/api/v1/dags?limit=200"), get("/api/v1/set-aside?limit=20")]);
    draw(items);
    drawSetAside(aside);
    await drawAlerts(byId("alerts"), session.may_operate);
  } catch (error) {
    fill(list, failureState(error, load));
  } finally {
    list.setAttribute("aria-busy", "false");
  }
}

function draw(dags) {
  if (!dags.length) {
    return fill(list, el("div", { class: "card" }, emptyState("No schedules yet", "Apply a plan (`transformer apply`): its environment appears here by itself. So does a file in `dags/` of the pipeline's folder.")));
  }
  const focused = document.activeElement?.closest?.("[data-dag]")?.dataset.dag;
  fill(list, el("div", { class: "card" }, el("table", { class: "data dags" },
    el("thead", {}, el("tr", {}, ["On", "Name", "Schedule", "Last run", "Recent runs", "Next run"].map((words) =>
      el("th", { scope: "col" }, words)))),
    el("tbody", {}, dags.map(row)))));
  if (focused) list.querySelector(`[data-dag="${CSS.escape(focused)}"] .switch`)?.focus();
}

/** Fetches and draws the rows of what changed; what is new or gone, with the list. */
async function take(changes) {
  const rows = [...changes.keys()].filter((id) => id !== "*").map((id) => [id, list.querySelector(`tr[data-dag="${CSS.escape(id)}"]`)]);
  if (changes.has("*") || rows.length > 20 || rows.some(([, row]) => !row)) return load();
  try {
    const query = rows.map(([id]) => `dag=${segment(id)}`).join("&");
    const { items } = rows.length ? await get(`/api/v1/dags?limit=200&${query}`) : { items: [] };
    const found = new Map(items.map((dag) => [dag.id, dag]));
    for (const [id, old] of rows) {
      if (!found.has(id)) return load();
      const isFocused = old.contains(document.activeElement);
      const fresh = row(found.get(id));
      old.replaceWith(fresh);
      if (isFocused) fresh.querySelector(".switch")?.focus();
    }
  } catch (error) {
    fill(list, failureState(error, load));
  }
}

/** What could not be dealt with: somebody should look. */
function drawSetAside(items) {
  fill(byId("set-aside"), items.length > 0 && el("div", { class: "notice error" },
    el("p", {}, `${count(items.length, "thing")} could not be dealt with and ${items.length === 1 ? "was" : "were"} set aside; everything else goes on. See `,
      el("code", {}, "scheduler set-aside"), "."),
    el("ul", {}, items.map((item) => el("li", {}, el("code", {}, item.id), ` ${item.reason} `,
      el("span", { class: "fine", title: exact(item.at) }, relative(item.at)))))));
}

function row(dag) {
  const last = dag.last_runs.at(-1);
  const address = `/dags/${segment(dag.id)}`;
  return el("tr", { data: { dag: dag.id } },
    el("td", {}, pauseSwitch(dag, session.may_operate, (message) => toast(message, "error"))),
    el("td", {}, el("a", { class: "name", href: address }, dag.id), el("div", { class: "fine" }, dag.file ? `${count(dag.tasks, "task")}, ${dag.file}` : count(dag.models, "model"))),
    el("td", {}, dag.schedules.slice(0, 3).map((schedule) => el("code", { class: "cron" }, schedule)),
      dag.schedules.length > 3 && el("span", { class: "fine" }, ` and ${dag.schedules.length - 3} more`)),
    el("td", {}, last ? [pill(last.state), el("div", { class: "fine", title: exact(last.started_at ?? last.scheduled_for) },
      `${relative(last.started_at ?? last.scheduled_for)}, ${duration(between(last.started_at, last.finished_at))}`)] : el("span", { class: "fine" }, "never")),
    el("td", {}, bars(dag, address)),
    el("td", { title: exact(dag.next_run_at) }, dag.paused ? el("span", { class: "fine" }, "paused")
      : dag.next_run_at ? [when(dag.next_run_at), el("div", { class: "fine" }, relative(dag.next_run_at))] : "–"));
}

/** A bar a run; its height is its duration beside the longest of them. */
function bars(dag, address) {
  const lengths = dag.last_runs.map((run) => between(run.started_at, run.finished_at) ?? 0);
  const longest = Math.max(1, ...lengths);
  return el("div", { class: "bars" }, dag.last_runs.map((run, index) => {
    const words = `${triggerWords(run.trigger)} ${when(run.scheduled_for)}: ${stateWords(run.state)}, ${duration(lengths[index])}`;
    return el("a", { class: "bar", href: `${address}?run=${segment(run.id)}`, title: words, "aria-label": words },
      el("span", { data: { state: run.state }, style: { height: `${Math.max(14, Math.round(Math.sqrt(lengths[index] / longest) * 100))}%` } }));
  }));
}

try {
  session = await header();
  await load();
  listen((changes) => (changes === null ? load() : take(changes)));
  setInterval(load, 30000);  // "in 12 s" grows old even when nothing happens
} catch (error) {
  fill(list, failureState(error, () => location.reload()));
}
