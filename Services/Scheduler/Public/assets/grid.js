// The grid: a column a run, newest on the right; a bar for its duration (its square root, so that one long run does not flatten the others), a cell for each model. Arrow keys move in it.
import { el, fill, emptyState } from "/shared/dom.js";
import { when, between, duration } from "/shared/times.js";
import { stateWords, shownState, triggerWords } from "./states.js";

const length = (run) => between(run.started_at, run.finished_at) ?? 0;
const longestOf = (runs) => Math.max(1, ...runs.map(length));

/** Draws into `place`; `chosen`: `{run, model}`; `choose` is called with the same. */
export function drawGrid(place, { models, runs, chosen, choose }) {
  if (!runs.length) {
    return fill(place, chosen.state || chosen.before ? emptyState("No such runs", "None of this state, or none that old.")
      : emptyState("No runs yet", "The first comes on schedule, or when you trigger one."));
  }
  const hadFocus = place.contains(document.activeElement);
  const scroll = place.querySelector(".grid-scroll");
  const atEnd = !scroll || scroll.scrollLeft + scroll.clientWidth >= scroll.scrollWidth - 30;
  const left = scroll?.scrollLeft ?? 0;
  const columns = [...runs].reverse();
  const names = rowNames(models, columns);
  const longest = longestOf(runs);
  const tasks = columns.map((run) => new Map(run.tasks.map((task) => [task.model, task])));

  const head = el("div", { class: "grid-row grid-head", role: "row" },
    el("div", { class: "grid-name", role: "columnheader" }, el("span", { class: "fine longest" }, duration(longest))),
    columns.map((run, index) => barCell(run, index, longest, chosen)));
  const rows = names.map((name, row) => el("div", { class: "grid-row", role: "row" },
    el("div", { class: "grid-name", role: "rowheader", title: name }, name),
    columns.map((run, index) => taskCell(run, tasks[index].get(name), name, row + 1, index, chosen))));
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
    // A walk over the grid is one step of the browser's history, not a step a key.
    if (next.dataset.run) choose({ run: next.dataset.run, model: next.dataset.model || null }, { replace: true });
  }
}

/** Draws one run of the grid anew, in place: its cells are told apart by their places, and only what they show changes. */
export function drawRun(place, { runs, run }) {
  const tasks = new Map(run.tasks.map((task) => [task.model, task]));
  for (const cell of place.querySelectorAll(`.cell[data-run="${CSS.escape(run.id)}"]`)) {
    const task = tasks.get(cell.dataset.model);
    if (task) showTask(cell, run, task);
  }
  // The longest one is the measure of all.
  const longest = longestOf(runs);
  place.querySelector(".longest").textContent = duration(longest);
  const byId = new Map(runs.map((each) => [each.id, each]));
  for (const bar of place.querySelectorAll(".run-bar")) showBar(bar, byId.get(bar.dataset.run), longest);
}

/** The models of today in their order, then those that only older runs know. */
function rowNames(models, runs) {
  const names = models.map((model) => model.name);
  const known = new Set(names);
  for (const run of runs) for (const task of run.tasks) if (!known.has(task.model)) known.add(task.model), names.push(task.model);
  return names;
}

function show(cell, words, state, more) {
  cell.title = words;
  cell.setAttribute("aria-label", words);
  Object.assign(cell.firstChild.dataset, { state, ...more });
}

function showBar(cell, run, longest) {
  const words = `${triggerWords(run.trigger)} ${when(run.scheduled_for)}: ${stateWords(run.state)}, ${duration(between(run.started_at, run.finished_at))}`;
  show(cell, words, run.state, { trigger: run.trigger });
  cell.firstChild.style.setProperty("height", `${Math.max(8, Math.round(Math.sqrt(length(run) / longest) * 100))}%`);
}

function showTask(cell, run, task) {
  const state = shownState(task);
  const words = `${task.model}, ${when(run.scheduled_for)}: ${stateWords(state)}, ${duration(between(task.started_at, task.finished_at))}${task.attempt > 1 ? `, attempt ${task.attempt}` : ""}`;
  show(cell, words, state, {});
}

function barCell(run, column, longest, chosen) {
  const cell = el("button", {
    type: "button", class: "cell run-bar", role: "gridcell", tabIndex: -1,
    "aria-selected": String(chosen.run === run.id && !chosen.model), data: { run: run.id, row: 0, column, inrun: chosen.run === run.id ? "yes" : "" },
  }, el("span", {}));
  showBar(cell, run, longest);
  return cell;
}

function taskCell(run, task, model, row, column, chosen) {
  const place = { row, column, run: run.id, inrun: chosen.run === run.id ? "yes" : "" };
  if (!task) return el("button", { type: "button", class: "cell none", role: "gridcell", tabIndex: -1, data: place, "aria-label": `${model}: not part of this run` });
  const cell = el("button", {
    type: "button", class: "cell", role: "gridcell", tabIndex: -1,
    "aria-selected": String(chosen.run === run.id && chosen.model === model), data: { ...place, model },
  }, el("span", {}));
  showTask(cell, run, task);
  return cell;
}
