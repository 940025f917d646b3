// What the service says by itself: which models changed, and that dashboards did. Tells when the line was down, because
// then anything may have changed.

/**
 * Listens until the page goes.
 * @param heard.models called with the names of the charts whose data changed
 * @param heard.dashboards called when dashboards came, went or look different
 * @param heard.all called when all of that may have happened
 * @param heard.state called with "live" or "away"
 */
export function listen(heard) {
  let wasAway = false;
  let source;
  let retry = 1000;
  function open() {
    source = new EventSource("/api/v1/events");
    source.addEventListener("hello", () => {
      retry = 1000;
      heard.state?.("live");
      if (wasAway) heard.all();
      wasAway = false;
    });
    source.addEventListener("models", (event) => heard.models?.(JSON.parse(event.data).charts));
    source.addEventListener("dashboards", () => heard.dashboards());
    source.onerror = () => {
      wasAway = true;
      heard.state?.("away");
      if (source.readyState !== EventSource.CLOSED) return;  // it tries again by itself
      setTimeout(open, retry);
      retry = Math.min(retry * 2, 30000);
    };
  }
  open();
  window.addEventListener("pagehide", () => source.close());
}
