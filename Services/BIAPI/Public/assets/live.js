// What the service says by itself: which models changed. Tells when the line was down, because then anything may have.

/**
 * Listens until the page goes.
 * @param changed called with the names of the charts whose data changed; with null when all may have
 * @param state called with "live" or "away"
 */
export function listen(changed, state) {
  let wasAway = false;
  let source;
  let retry = 1000;
  function open() {
    source = new EventSource("/api/v1/events");
    source.addEventListener("hello", () => {
      retry = 1000;
      state("live");
      if (wasAway) changed(null);
      wasAway = false;
    });
    source.addEventListener("models", (event) => changed(JSON.parse(event.data).charts));
    source.onerror = () => {
      wasAway = true;
      state("away");
      if (source.readyState !== EventSource.CLOSED) return;  // it tries again by itself
      setTimeout(open, retry);
      retry = Math.min(retry * 2, 30000);
    };
  }
  open();
  window.addEventListener("pagehide", () => source.close());
}
