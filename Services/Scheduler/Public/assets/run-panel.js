// The panel beside the grid: a run with its tasks, or one task with its attempts.
import { el, fill, icon, emptyState } from "/shared/dom.js";
import { when, exact, relative, between, duration, count } from "/shared/times.js";
import { pill, shownState, stateWords, triggerWords, isOver, isUnderWay } from "./states.js";
import { actDialog } from "./act-dialog.js";
import { get, segment } from "/shared/api.js";

/**
 * `chosen`: `{run, model}`; `choose` is called with the same. `done` is called when something was asked for. Where the reader was
 * in the panel, and on which button, stays.
 */
export function drawPanel(place, run, { chosen, choose, mayOperate = false, done }) {
  const top = place.scrollTop;
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  draw(place, run, { chosen, choose, done: mayOperate ? done : null });
  place.scrollTop = top;
  if (focused) place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function draw(place, run, { chosen, choose, done }) {
  if (!run) return fill(place, el("div", { class: "card-head" }, el("h2", {}, "Details")), emptyState("Choose a run", "Click a bar or a cell of the grid."));
  const task = chosen.model && run.tasks.find((each) => each.model === chosen.model);
  if (task) drawTask(place, run, task, choose, done);
  else drawRun(place, run, choose, done);
}

/** A button that opens the dialog of an act. */
const actButton = (run, words, act) => el("button", { type: "button", data: { key: words }, onclick: () => actDialog(run, act) }, words);

const endedBadly = (task) => task.state === "failed" || task.state === "cancelled";

function runActs(run, done) {
  if (!done) return null;
  const buttons = [];
  if (!isOver(run.state) && !run.cancelled_at) {
    buttons.push(actButton(run, "Cancel run", {
      act: "cancel", title: "Cancel the run", confirm: "Cancel run", body: {}, done,
      words: "What has not begun does not begin; statements that run in the warehouse are ended. Intervals that were finished before stay.",
    }));
  }
  if (run.tasks.some(endedBadly) && (isOver(run.state) || !run.cancelled_at)) {
    buttons.push(actButton(run, "Rerun failed", {
      act: "clear", title: "Rerun what failed", confirm: "Rerun", body: {}, done,
      words: "What failed or was cancelled is tried again, as if for the first time, and what was not tried because of it follows. The run takes its turn among the others.",
    }));
  }
  return buttons.length > 0 && el("div", { class: "acts" }, buttons);
}

function taskActs(run, task, done) {
  if (!done || (run.cancelled_at && !isOver(run.state))) return null;
  const body = { tasks: [task.model] };
  const buttons = [];
  if (endedBadly(task) || task.marked_by) {
    buttons.push(actButton(run, "Clear", {
      act: "clear", title: `Clear ${task.model}`, confirm: "Clear", body, done, offersDownstream: true,
      words: "It is tried again, as if for the first time, and what was not tried because of it follows.",
    }));
  }
  if (!isOver(task.state) && task.state !== "cancelling") {
    buttons.push(actButton(run, "Cancel task", {
      act: "cancel", title: `Cancel ${task.model}`, confirm: "Cancel task", body, done,
      words: "Its statement in the warehouse is ended; intervals that were finished before stay. What hangs on it is not tried.",
    }));
  }
  for (const state of ["succeeded", "failed"]) {
    if (isUnderWay(task.state) || task.state === state) continue;
    buttons.push(actButton(run, `Mark as ${state}`, {
      act: "mark", title: `Mark ${task.model} as ${state}`, confirm: `Mark as ${state}`, body: { ...body, state }, done,
      words: "Nothing is computed for it, and no answer changes it any more; what hangs on it follows.",
    }));
  }
  return buttons.length > 0 && el("div", { class: "acts" }, buttons);
}

/** What people did to the run, and what came of it. */
const history = (run) => run.history?.length > 0 && el("ol", { class: "history" }, [...run.history].reverse().map((line) => el("li", {},
  el("div", {}, el("strong", {}, line.who), ` ${line.action.replace(/^mark_/, "mark ")} `, el("span", { class: "fine", title: exact(line.at) }, when(line.at, { seconds: true }))),
  line.detail && el("div", { class: "fine" }, line.detail))));

const fact = (words, value, title) => [el("dt", {}, words), el("dd", { title: title ?? null }, value)];

function drawRun(place, run, choose, done) {
  const longest = Math.max(1, ...run.tasks.map((task) => between(task.started_at ?? task.queued_at, task.finished_at) ?? 0));
  fill(place,
    el("div", { class: "card-head" }, el("h2", {}, `${triggerWords(run.trigger)} ${when(run.scheduled_for)}`), el("span", { class: "spacer" }),
      pill(run.cancelled_at && !isOver(run.state) ? "cancelling" : run.state)),
    runActs(run, done),
    el("dl", { class: "pairs" },
      fact("Data up to", when(run.up_to), exact(run.up_to)),
      run.from && fact("Data from", when(run.from), exact(run.from)),
      fact("Started", run.started_at ? `${when(run.started_at, { seconds: true })} (${relative(run.started_at)})` : waits(run), exact(run.started_at)),
      fact("Duration", run.started_at ? duration(between(run.started_at, run.finished_at)) : "–"),
      run.requested_by && fact("Asked for by", run.requested_by),
      run.cancelled_at && fact("Cancelled by", `${run.cancelled_by ?? "somebody"}, ${when(run.cancelled_at, { seconds: true })}`, exact(run.cancelled_at)),
      run.error && fact("Failed at", `${run.failed_model ?? "–"}: ${run.error.code}`, run.error.message),
      run.params && fact("Parameters", Object.entries(run.params).map(([name, value]) => el("div", {}, el("code", {}, `${name} = ${value}`)))),
      run.plan && fact("Plan", el("code", { class: "id" }, run.plan)),
      fact("Run", el("code", { class: "id" }, run.id))),
    el("ol", { class: "tasks" }, run.tasks.map((task) => el("li", {},
      el("button", { type: "button", class: "task", data: { key: `task ${task.model}` }, onclick: () => choose({ run: run.id, model: task.model }) },
        el("i", { class: "dot", data: { state: shownState(task) } }),
        el("span", { class: "task-name" }, task.model),
        el("span", { class: "fine" }, note(task)),
        el("span", { class: "length", "aria-hidden": "true" }, el("span", {
          data: { state: shownState(task) },
          style: { width: `${Math.round(((between(task.started_at ?? task.queued_at, task.finished_at) ?? 0) / longest) * 100)}%` },
        })), icon("chevron"))))), history(run));
}

const waits = (run) => (run.state === "queued" ? "waits for the run before it" : "–");

function note(task) {
  if (task.state === "waiting" && task.retry_at) return `retry ${relative(task.retry_at)}`;
  if (task.state === "running" && task.total > 0) return `${task.done} of ${task.total}`;
  const length = duration(between(task.started_at ?? task.queued_at, task.finished_at));
  return task.attempt > 1 ? `${length}, attempt ${task.attempt}` : task.attempt ? length : "";
}

function drawTask(place, run, task, choose, done) {
  fill(place,
    el("div", { class: "card-head" },
      el("button", { type: "button", class: "quiet", data: { key: "back" }, "aria-label": "Back to the run", title: "Back to the run", onclick: () => choose({ run: run.id, model: null }) }, icon("back")),
      el("h2", { class: "clip", title: task.model }, task.model), el("span", { class: "spacer" }), pill(shownState(task))),
    taskActs(run, task, done),
    el("dl", { class: "pairs" },
      fact("Run", `${triggerWords(run.trigger)} ${when(run.scheduled_for)}`),
      fact("Data up to", when(task.up_to), exact(task.up_to)),
      task.from && fact("Data from", when(task.from), exact(task.from)),
      fact("After", task.depends_on.length ? task.depends_on.join(", ") : "nothing: starts with the run"),
      task.retry_at && fact("Next attempt", `${when(task.retry_at, { seconds: true })} (${relative(task.retry_at)})`, exact(task.retry_at)),
      task.marked_by && fact("Marked by", task.marked_by),
      (task.pool !== "default" || task.priority !== 0) && fact("Pool", `${task.pool}, priority ${task.priority}`),
      task.rule !== "all_success" && fact("Trigger rule", task.rule.replaceAll("_", " ")),
      task.kind !== "model" && fact("Kind", task.kind.replaceAll("_", " ")),
      task.result && fact("Result", el("code", {}, task.result)),
      fact("Attempts", `${task.attempt} of ${task.attempts_max}`),
      fact("Task", el("code", { class: "id" }, task.id))),
    task.attempts.length ? el("ol", { class: "attempts" }, [...task.attempts].reverse().map(attempt))
      : el("p", { class: "fine pad" }, untried(run, task)),
    task.attempts.length > 0 && log(run, task));
}

/** Lines that were fetched, by run and task: a panel that is drawn again asks for those that came since. */
const fetched = new Map();

/** What was said about a task's attempts. */
function log(run, task) {
  const key = `${run.id} ${task.model}`;
  const known = fetched.get(key) ?? { lines: [], last: 0 };
  if (fetched.size > 20 && !fetched.has(key)) fetched.clear();
  fetched.set(key, known);
  const place = el("pre", { class: "log" });
  const path = `/api/v1/runs/${segment(run.id)}/logs?task=${segment(task.model)}`;
  const show = () => fill(place, known.lines.length ? known.lines.map((line) =>
    el("span", { class: line.level === "error" ? "bad" : null }, `${when(line.at, { seconds: true })} #${line.attempt} ${line.message}\n`)) : "Nothing yet.");
  show();
  get(`${path}&cursor=${known.last}`).then(({ items }) => {
    const fresh = items.filter((line) => line.sequence > known.last);
    known.lines.push(...fresh);
    known.last = known.lines.at(-1)?.sequence ?? 0;
    show();
  }, (error) => fill(place, error.message));
  return el("details", { class: "pad", open: true }, el("summary", {}, "Log ", el("a", { class: "fine", href: `${path}&format=text`, download: "" }, "download")), place);
}

/** Why there is no attempt. */
function untried(run, task) {
  const before = run.tasks.filter((each) => task.depends_on.includes(each.model));
  const names = (tasks) => tasks.map((each) => `${each.model} (${stateWords(shownState(each))})`).join(", ");
  if (task.state === "upstream_failed") return `Never tried, because of ${names(before.filter((each) => isOver(each.state) && each.state !== "succeeded"))}.`;
  if (task.state === "skipped") return "Never tried: its trigger rule does not want it.";
  if (task.state === "cancelled") return "Never tried: it was cancelled before.";
  if (isOver(task.state)) return "Never tried: somebody said how it ended.";
  if (run.state === "queued") return "Not tried yet: the run waits for the one before it.";
  const open = before.filter((each) => !isOver(each.state));
  return open.length ? `Waits for ${names(open)}.` : `Waits for a place of the pool ${task.pool}.`;
}

function attempt(each) {
  return el("li", {},
    el("div", { class: "attempt-head" }, el("strong", {}, `Attempt ${each.attempt}`), pill(each.state), el("span", { class: "spacer" }),
      el("span", { class: "fine", title: exact(each.queued_at) }, when(each.queued_at, { seconds: true }))),
    el("div", { class: "fine" }, [
      each.started_at ? `taken up after ${duration(between(each.queued_at, each.started_at))}` : "not taken up",
      each.started_at && `ran ${duration(between(each.started_at, each.finished_at))}`,
      each.total > 0 && `${each.done} of ${count(each.total, "interval")}`,
      each.rows !== null && each.rows !== undefined && count(each.rows, "row"),
      each.worker && `worker ${each.worker}`,
    ].filter(Boolean).join(" · ")),
    each.error && el("div", { class: "notice error" }, el("strong", {}, each.error.code), el("pre", {}, each.error.message),
      el("span", { class: "fine" }, each.error.retriable ? "May succeed when tried again." : "Trying again does not help: something must be changed.")));
}
