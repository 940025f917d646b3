// The states of runs and tasks: their words, and the order in which a legend shows them.
import { el } from "/shared/dom.js";

const words = {
  queued: "queued", waiting: "waiting", running: "running", cancelling: "being cancelled", succeeded: "succeeded", failed: "failed",
  upstream_failed: "upstream failed", skipped: "skipped", cancelled: "cancelled", retrying: "waiting to retry",
};

/** A task that waits for its next attempt looks different from one that waits for others. */
export const shownState = (task) => (task.state === "waiting" && task.retry_at ? "retrying" : task.state);

export const stateWords = (state) => words[state] ?? state;

/** Whether nothing more happens by itself to a run or task in that state. */
export const isOver = (state) => !["queued", "waiting", "running", "cancelling"].includes(state);

/** Whether a worker has a task in that state, or may have. */
export const isUnderWay = (state) => ["queued", "running", "cancelling"].includes(state);

export const runStates = ["queued", "running", "succeeded", "failed", "cancelled"];

/** A pill with a dot in the state's colour. */
export const pill = (state) => el("span", { class: "pill", data: { state } }, el("i", { class: "dot", data: { state } }), stateWords(state));

export const legend = ["succeeded", "running", "queued", "waiting", "retrying", "failed", "upstream_failed", "skipped", "cancelled"];

const triggers = { schedule: "Scheduled", manual: "Triggered", backfill: "Backfill" };
export const triggerWords = (trigger) => triggers[trigger] ?? trigger;
