// A dashboard: one request for its definition, one for all its data, then only what changed.
import { el, fill, byId, icon, keepFocus } from "/shared/dom.js";
import { get, post } from "/shared/api.js";
import { header } from "./header.js";
import { drawFilters, readAddress } from "./filters.js";
import { ChartCard } from "./card.js";
import { listen } from "./live.js";

const name = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const path = `/api/v1/dashboards/${encodeURIComponent(name)}`;
const grid = byId("grid");
/** What is shown; null while there is nothing to show. */
let shown = null;
let isHeard = false;

/** Drawn anew where its file says something else now; it may also be gone, come back, or be mended. */
async function look() {
  try {
    const dashboard = await get(path);
    if (shown && JSON.stringify(dashboard) === JSON.stringify(shown.dashboard)) return;
    keepFocus(document.body, byId("main"), () => {
      shown?.close();
      shown = new Dashboard(dashboard);
    });
  } catch (error) {
    if (error.status === 404 || error.status === 422) missing(error);
  }
}

function missing(error) {
  const wasThere = shown !== null;
  shown?.close();
  shown = null;
  grid.removeAttribute("aria-busy");
  if (!wasThere) byId("title").textContent = error.status === 404 ? "No such dashboard" : "Dashboard";
  const words = wasThere && error.status === 404 ? "This dashboard was removed" : error.message;
  fill(grid, el("div", { class: "card w12" }, el("div", { class: "state error", role: "alert" }, icon("empty"), el("strong", {}, words),
    el("a", { href: "/" }, "All dashboards"))));
}

/** The badge: whether changes are heard, and the numbers are those of now. */
function tellState() {
  const isOld = shown?.cards.some((card) => card.isStale);
  byId("live").dataset.state = isHeard && !isOld ? "live" : "away";
  byId("live").textContent = !isHeard ? "Reconnecting …" : isOld ? "Not up to date" : "Live";
}

/** A question that failed for a reason of the service, not of one chart: it may be asked again. */
const passes = (status) => status === 0 || status === 502 || status === 503 || status === 504;

class Dashboard {
  constructor(dashboard) {
    this.dashboard = dashboard;
    document.title = `${dashboard.title} · Millrace`;
    byId("title").textContent = dashboard.title;
    byId("description").textContent = dashboard.description ?? "";
    byId("zone").textContent = `Times in ${dashboard.time_zone}`;
    const rows = dashboard.rows.map((row) => row.cards.map((card) => new ChartCard(
      dashboard.charts[card.chart], { width: card.width, height: row.height, zone: dashboard.time_zone }, () => this.refresh([card.chart]))));
    this.cards = rows.flat();
    this.chosen = readAddress(dashboard);
    this.asked = 0;  // an answer that a later question overtook is not drawn
    this.latest = new Map();
    this.waiting = new Set();
    drawFilters(byId("filters"), dashboard, this.chosen, () => { this.tellReach(); this.refresh(null); }, (filter) => this.tellOpen(filter));
    fill(grid, rows.map((cards) => el("div", { class: "row" }, cards.map((card) => card.element))));
    for (const card of this.cards) if (card.chart.mistake) card.setAside();
    this.tellReach();
    this.refresh(null);
  }

  async refresh(charts) {
    const wanted = this.cards.filter((card) => !card.chart.mistake && (charts === null || charts.includes(card.chart.name)));
    if (!wanted.length) return;
    const turn = ++this.asked;
    for (const card of wanted) {
      this.latest.set(card.chart.name, turn);
      card.busy();
    }
    let answers = {};
    let failure = null;
    try {
      const body = { time_range: this.chosen.time_range, values: this.chosen.values };
      if (charts !== null) body.charts = [...new Set(wanted.map((card) => card.chart.name))];
      answers = (await post(`${path}/data`, body)).charts;
    } catch (error) {
      failure = { status: error.status, detail: error.message };
    }
    if (this.isClosed) return;
    for (const card of wanted) {
      if (this.latest.get(card.chart.name) !== turn) continue;
      const answer = answers[card.chart.name];
      card.failure = failure ?? answer?.error ?? (answer ? null : { status: 0, detail: "The service gave no answer for this chart." });
      if (!card.failure) card.show(answer);
    }
    this.tellFailures();
    this.later();
    grid.removeAttribute("aria-busy");
  }

  /** What is wrong with all or several of the charts is said once, above them; what is wrong with one, in its card. */
  tellFailures() {
    const failed = this.cards.filter((card) => card.failure);
    const shared = failed.filter((card) => passes(card.failure.status) || failed.filter((other) => other.failure.detail === card.failure.detail).length > 1);
    for (const card of failed) card.fail(card.failure.detail, shared.includes(card));
    const old = failed.filter((card) => card.data);
    const telling = [...new Set([...shared, ...old])];
    const banner = byId("banner");
    banner.hidden = !telling.length;
    if (telling.length) {
      const reasons = [...new Set(telling.map((card) => card.failure.detail))];
      const which = telling.length === this.cards.length ? "The charts are" : telling.length === 1 ? `“${telling[0].chart.title}” is` : `${telling.length} of ${this.cards.length} charts are`;
      keepFocus(banner, byId("main"), () => fill(banner,
        el("span", {}, el("strong", {}, `${which} not up to date. `), reasons.slice(0, 3).join(" "), old.length > 0 && " What is shown was computed before, and maybe for other filters."),
        el("button", { type: "button", onclick: () => this.refresh(telling.map((card) => card.chart.name)) }, "Try again")));
    }
    tellState();
  }

  /** A warehouse that is away or busy comes back; nobody says so, hence these ask again. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const names = this.cards.filter((card) => card.failure && passes(card.failure.status)).map((card) => card.chart.name);
      if (names.length) this.refresh(names);
    }, 10000);
  }

  /** Each card says which of the chosen filters count for it. */
  tellReach() {
    const active = this.dashboard.filters.filter((filter) => this.chosen.values[filter.dimension]?.length);
    for (const card of this.cards) {
      const [reached, missed] = [true, false].map((isReached) => active.filter((filter) => filter.charts.includes(card.chart.name) === isReached).map((filter) => filter.label));
      card.reachedBy(reached, missed);
    }
  }

  /** While a filter's list is open, the cards that it reaches stand out. */
  tellOpen(filter) {
    for (const card of this.cards) card.element.classList.toggle("aside", filter !== null && !filter.charts.includes(card.chart.name));
  }

  /** Other data: models that change together are asked for together. */
  changed(charts) {
    for (const chart of charts) this.waiting.add(chart);
    this.gathering ??= setTimeout(() => {
      this.gathering = null;
      this.refresh([...this.waiting]);
      this.waiting.clear();
    }, 150);
  }

  tick() { for (const card of this.cards) card.tick(); }

  redraw() { for (const card of this.cards) card.redraw(); }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    clearTimeout(this.gathering);
    byId("banner").hidden = true;
    for (const card of this.cards) card.dispose();
    fill(byId("filters"));
  }
}

try {
  const [, dashboard] = await Promise.all([header(), get(path)]);
  shown = new Dashboard(dashboard);
} catch (error) {
  missing(error);
}
setInterval(() => shown?.tick(), 1000);
window.addEventListener("themechange", () => shown?.redraw());
listen({
  models: (charts) => shown?.changed(charts),
  dashboards: look,
  all: () => {
    shown?.changed(shown.cards.map((card) => card.chart.name));
    look();
  },
  state: (state) => {
    isHeard = state === "live";
    tellState();
  },
});
