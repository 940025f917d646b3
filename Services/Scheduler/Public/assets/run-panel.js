// The panel beside the grid: a run with its tasks, or one task with its attempts.
import { el, fill, icon, emptyState } from "/shared/dom.js";
import { when, exact, relative, between, duration, count } from "/shared/times.js";
import { pill, shownState, triggerWords } from "./states.js";

/** `chosen`: `{run, model}`; `choose` is called with the same. */
export function drawPanel(place, run, { chosen, choose }) {
  if (!run) return fill(place, el("div", { class: "card-head" }, el("h2", {}, "Details")), emptyState("Choose a run", "Click a bar or a cell of the grid."));
  const task = chosen.model && run.tasks.find((each) => each.model === chosen.model);
  if (task) drawTask(place, run, task, choose);
  else drawRun(place, run, choose);
}

const fact = (words, value, title) => [el("dt", {}, words), el("dd", { title: title ?? null }, value)];

function drawRun(place, run, choose) {
  const longest = Math.max(1, ...run.tasks.map((task) => between(task.started_at ?? task.queued_at, task.finished_at) ?? 0));
  fill(place,
    el("div", { class: "card-head" }, el("h2", {}, `${triggerWords(run.trigger)} ${when(run.scheduled_for)}`), el("span", { class: "spacer" }), pill(run.state)),
    el("dl", { class: "pairs" },
      fact("Data up to", when(run.up_to), exact(run.up_to)),
      run.from && fact("Data from", when(run.from), exact(run.from)),
      fact("Started", run.started_at ? `${when(run.started_at, { seconds: true })} (${relative(run.started_at)})` : waits(run), exact(run.started_at)),
      fact("Duration", run.started_at ? duration(between(run.started_at, run.finished_at)) : "–"),
      run.requested_by && fact("Asked for by", run.requested_by),
      fact("Run", el("code", { class: "id" }, run.id))),
    el("ol", { class: "tasks" }, run.tasks.map((task) => el("li", {},
      el("button", { type: "button", class: "task", onclick: () => choose({ run: run.id, model: task.model }) },
        el("i", { class: "dot", data: { state: shownState(task) } }),
        el("span", { class: "task-name" }, task.model),
        el("span", { class: "fine" }, note(task)),
        el("span", { class: "length", "aria-hidden": "true" }, el("span", {
          data: { state: shownState(task) },
          style: { width: `${Math.round(((between(task.started_at ?? task.queued_at, task.finished_at) ?? 0) / longest) * 100)}%` },
        })), icon("chevron"))))));
}

const waits = (run) => (run.state === "queued" ? "waits for the run before it" : "–");

function note(task) {
  if (task.state === "waiting" && task.retry_at) return `retry ${relative(task.retry_at)}`;
  if (task.state === "running" && task.total > 0) return `${task.done} of ${task.total}`;
  const length = duration(between(task.started_at ?? task.queued_at, task.finished_at));
  return task.attempt > 1 ? `${length}, attempt ${task.attempt}` : task.attempt ? length : "";
}

function drawTask(place, run, task, choose) {
  fill(place,
    el("div", { class: "card-head" },
      el("button", { type: "button", class: "quiet", "aria-label": "Back to the run", title: "Back to the run", onclick: () => choose({ run: run.id, model: null }) }, icon("back")),
      el("h2", { class: "clip", title: task.model }, task.model), el("span", { class: "spacer" }), pill(shownState(task))),
    el("dl", { class: "pairs" },
      fact("Run", `${triggerWords(run.trigger)} ${when(run.scheduled_for)}`),
      fact("Data up to", when(task.up_to), exact(task.up_to)),
      task.from && fact("Data from", when(task.from), exact(task.from)),
      fact("After", task.depends_on.length ? task.depends_on.join(", ") : "nothing: starts with the run"),
      task.retry_at && fact("Next attempt", `${when(task.retry_at, { seconds: true })} (${relative(task.retry_at)})`, exact(task.retry_at)),
      fact("Attempts", `${task.attempt} of ${task.attempts_max}`),
      fact("Task", el("code", { class: "id" }, task.id))),
    task.attempts.length ? el("ol", { class: "attempts" }, [...task.attempts].reverse().map(attempt))
      : el("p", { class: "fine pad" }, task.state === "upstream_failed" ? "Never tried: something it depends on failed." : "Not tried yet."));
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
