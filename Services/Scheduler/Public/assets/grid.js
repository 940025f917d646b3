// The grid: a column a run, newest on the right; a bar for its duration (its square root, so that one long run does not flatten the others), a cell for each model. Arrow keys move in it.
import { el, fill, emptyState } from "/shared/dom.js";
import { when, between, duration } from "/shared/times.js";
import { stateWords, shownState, triggerWords } from "./states.js";

/** Draws into `place`; `chosen`: `{run, model}`; `choose` is called with the same. */
export function drawGrid(place, { models, runs, chosen, choose }) {
  if (!runs.length) return fill(place, emptyState("No runs yet", "The first comes on schedule, or when you trigger one."));
  const hadFocus = place.contains(document.activeElement);
  const scroll = place.querySelector(".grid-scroll");
  const atEnd = !scroll || scroll.scrollLeft + scroll.clientWidth >= scroll.scrollWidth - 30;
  const left = scroll?.scrollLeft ?? 0;
  const columns = [...runs].reverse();
  const names = rowNames(models, columns);
  const lengths = columns.map((run) => between(run.started_at, run.finished_at) ?? 0);
  const longest = Math.max(1, ...lengths);

  const head = el("div", { class: "grid-row grid-head", role: "row" },
    el("div", { class: "grid-name", role: "columnheader" }, el("span", { class: "fine" }, duration(longest))),
    columns.map((run, index) => barCell(run, index, Math.sqrt(lengths[index] / longest), chosen)));
  const rows = names.map((name, row) => el("div", { class: "grid-row", role: "row" },
    el("div", { class: "grid-name", role: "rowheader", title: name }, name),
    columns.map((run, index) => taskCell(run, name, row + 1, index, chosen))));
  const feet = el("div", { class: "grid-row grid-feet", "aria-hidden": "true" }, el("div", { class: "grid-name" }),
    columns.map((run, index) => el("span", { class: "grid-foot" }, index % 5 === 0 ? when(run.scheduled_for) : "")));

  const grid = el("div", { class: "grid-scroll", role: "grid", "aria-label": "Runs by model", onclick, onkeydown }, head, rows, feet);
  fill(place, grid);
  const current = grid.querySelector("[aria-selected=true]") ?? grid.querySelector(".cell:last-of-type");
  if (current) current.tabIndex = 0;
  grid.scrollLeft = atEnd ? grid.scrollWidth : left;
  if (hadFocus) current?.focus({ preventScroll: true });

  function onclick(event) {
    const cell = event.target.closest(".cell");
    if (cell && cell.dataset.run) choose({ run: cell.dataset.run, model: cell.dataset.model || null });
  }
  function onkeydown(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const cell = event.target.closest(".cell");
    if (!step || !cell) return;
    event.preventDefault();
    const [row, column] = [Number(cell.dataset.row) + step[0], Number(cell.dataset.column) + step[1]];
    const next = grid.querySelector(`.cell[data-row="${row}"][data-column="${column}"]`);
    if (!next) return;
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    if (next.dataset.run) choose({ run: next.dataset.run, model: next.dataset.model || null });
  }
}

/** The models of today in their order, then those that only older runs know. */
function rowNames(models, runs) {
  const names = models.map((model) => model.name);
  const known = new Set(names);
  for (const run of runs) for (const task of run.tasks) if (!known.has(task.model)) known.add(task.model), names.push(task.model);
  return names;
}

function barCell(run, column, share, chosen) {
  const words = `${triggerWords(run.trigger)} ${when(run.scheduled_for)}: ${stateWords(run.state)}, ${duration(between(run.started_at, run.finished_at))}`;
  return el("button", {
    type: "button", class: "cell run-bar", role: "gridcell", tabIndex: -1, title: words, "aria-label": words,
    "aria-selected": String(chosen.run === run.id && !chosen.model), data: { run: run.id, row: 0, column, inrun: chosen.run === run.id ? "yes" : "" },
  }, el("span", { data: { state: run.state, trigger: run.trigger }, style: { height: `${Math.max(8, Math.round(share * 100))}%` } }));
}

function taskCell(run, model, row, column, chosen) {
  const task = run.tasks.find((each) => each.model === model);
  if (!task) {
    return el("button", { type: "button", class: "cell none", role: "gridcell", tabIndex: -1, data: { row, column, run: run.id, inrun: chosen.run === run.id ? "yes" : "" }, "aria-label": `${model}: not part of this run` });
  }
  const state = shownState(task);
  const words = `${model}, ${when(run.scheduled_for)}: ${stateWords(state)}, ${duration(between(task.started_at, task.finished_at))}${task.attempt > 1 ? `, attempt ${task.attempt}` : ""}`;
  return el("button", {
    type: "button", class: "cell", role: "gridcell", tabIndex: -1, title: words, "aria-label": words,
    "aria-selected": String(chosen.run === run.id && chosen.model === model),
    data: { run: run.id, model, row, column, inrun: chosen.run === run.id ? "yes" : "" },
  }, el("span", { data: { state } }));
}
