// What the service says by itself: which DAG, which run. Tells when the line was down, because then anything may have
// changed. Changes that come close together are told once.
import { byId } from "/shared/dom.js";

const pauseMilliseconds = 250;

/**
 * Listens until the page goes.
 * @param changed called with the ids of the DAGs that changed; with null when all may have
 */
export function listen(changed) {
  let source;
  let wasAway = false;
  let retry = 1000;
  let pending = null;
  const dags = new Set();

  function show(state) {
    const mark = byId("live");
    mark.className = `mark ${state}`;
    mark.textContent = state === "live" ? "Live" : "Reconnecting…";
  }
  function tell() {
    pending = null;
    const names = new Set(dags);
    dags.clear();
    changed(names);
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
      dags.add(JSON.parse(event.data).dag);
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
