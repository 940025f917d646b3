// What the service says by itself: which DAG, which run. Tells when the line was down, because then anything may have
// changed. Changes that come close together are told once.
import { byId } from "/shared/dom.js";

const pauseMilliseconds = 250;

/**
 * Listens until the page goes.
 * @param changed called with what changed, by DAG: `runs`, the ids of its runs, and `other`, whether something else did; with
 *   null when all may have. The next call waits for what it returns.
 */
export function listen(changed) {
  let source;
  let wasAway = false;
  let retry = 1000;
  let pending = null;
  let dags = new Map();

  function show(state) {
    const mark = byId("live");
    mark.className = `mark ${state}`;
    mark.textContent = state === "live" ? "Live" : "Reconnecting…";
  }
  async function tell() {
    const told = dags;
    dags = new Map();
    await changed(told);
    // What came meanwhile is told now: never two at a time.
    pending = dags.size ? setTimeout(tell, pauseMilliseconds) : null;
  }
  function open() {
    source = new EventSource("/api/v1/events");
    source.addEventListener("hello", () => {
      retry = 1000;
      show("live");
      if (wasAway) changed(null);
      wasAway = false;
    });
    source.addEventListener("change", (event) => {
      const { dag, run } = JSON.parse(event.data);
      if (!dags.has(dag)) dags.set(dag, { runs: new Set(), other: false });
      if (run) dags.get(dag).runs.add(run);
      else dags.get(dag).other = true;
      pending ??= setTimeout(tell, pauseMilliseconds);
    });
    source.onerror = () => {
      wasAway = true;
      show("away");
      if (source.readyState !== EventSource.CLOSED) return;  // it tries again by itself
      setTimeout(open, retry);
      retry = Math.min(retry * 2, 30000);
    };
  }
  open();
  window.addEventListener("pagehide", () => source.close());
}
