// A dashboard: one request for its definition, one for all its data, then only what changed.
import { el, fill, byId, icon } from "/shared/dom.js";
import { get, post } from "/shared/api.js";
import { header } from "./header.js";
import { drawFilters, readAddress } from "./filters.js";
import { ChartCard } from "./card.js";
import { listen } from "./live.js";

const name = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const path = `/api/v1/dashboards/${encodeURIComponent(name)}`;
const grid = byId("grid");

try {
  const [, dashboard] = await Promise.all([header(), get(path)]);
  open(dashboard);
} catch (error) {
  grid.removeAttribute("aria-busy");
  byId("title").textContent = error.status === 404 ? "No such dashboard" : "Dashboard";
  instead(error.message);
  // It may come, or be mended, while the page is open.
  listen({ dashboards: () => location.reload(), all: () => location.reload() });
}

/** Words in the place of the charts. */
function instead(words) {
  fill(grid, el("div", { class: "card w12" }, el("div", { class: "state error", role: "alert" }, icon("empty"), el("strong", {}, words),
    el("a", { href: "/" }, "All dashboards"))));
}

function open(dashboard) {
  document.title = `${dashboard.title} · Millrace`;
  byId("title").textContent = dashboard.title;
  byId("description").textContent = dashboard.description ?? "";
  byId("zone").textContent = `Times in ${dashboard.time_zone}`;
  const cards = dashboard.rows.flatMap((row) => row.cards.map((card) =>
    new ChartCard(dashboard.charts[card.chart], { width: card.width, height: row.height, zone: dashboard.time_zone }, () => refresh([card.chart]))));
  const chosen = readAddress(dashboard);
  drawFilters(byId("filters"), dashboard, chosen, () => refresh(null));
  fill(grid, cards.map((card) => card.element));
  for (const card of cards) if (card.chart.mistake) card.setAside();

  let asked = 0;  // an answer that a later question overtook is not drawn
  const latest = new Map();
  async function refresh(charts) {
    const wanted = cards.filter((card) => !card.chart.mistake && (charts === null || charts.includes(card.chart.name)));
    if (!wanted.length) return;
    const turn = ++asked;
    for (const card of wanted) {
      latest.set(card.chart.name, turn);
      card.busy();
    }
    const current = (card) => latest.get(card.chart.name) === turn;
    try {
      const body = { time_range: chosen.time_range, values: chosen.values };
      if (charts !== null) body.charts = [...new Set(wanted.map((card) => card.chart.name))];
      const answer = await post(`${path}/data`, body);
      for (const card of wanted) if (current(card)) card.show(answer.charts[card.chart.name]);
      later(wanted.filter((card) => answer.charts[card.chart.name]?.error?.status === 503));
    } catch (error) {
      for (const card of wanted) if (current(card)) card.fail(error.message);
      if (error.status === 503 || error.status === 0) later(wanted);
    }
    grid.removeAttribute("aria-busy");
  }

  /** A warehouse that is away or busy comes back; nobody says so, hence these ask again. */
  function later(failed) {
    const names = failed.map((card) => card.chart.name);
    if (names.length) setTimeout(() => refresh(names.filter((name) => cards.some((card) => card.chart.name === name && !card.data))), 10000);
  }

  /** Drawn anew where its file says something else now. */
  async function look() {
    try {
      if (JSON.stringify(await get(path)) !== JSON.stringify(dashboard)) location.reload();
    } catch (error) {
      if (error.status === 404) return gone("This dashboard was removed");
      if (error.status === 422) return gone(error.message);
    }
  }

  function gone(words) {
    for (const card of cards) card.dispose();
    cards.length = 0;
    fill(byId("filters"));
    instead(words);
  }

  refresh(null);
  setInterval(() => { for (const card of cards) card.tick(); }, 1000);
  window.addEventListener("themechange", () => { for (const card of cards) card.redraw(); });
  const waiting = new Set();
  let timer = null;
  function changed(charts) {
    for (const chart of charts) waiting.add(chart);
    timer ??= setTimeout(() => {  // models that change together are asked for together
      timer = null;
      refresh([...waiting]);
      waiting.clear();
    }, 150);
  }
  listen({
    models: changed,
    dashboards: look,
    all: () => {
      changed(Object.keys(dashboard.charts));
      look();
    },
    state: (state) => {
      byId("live").dataset.state = state;
      byId("live").textContent = state === "live" ? "Live" : "Reconnecting …";
    },
  });
}
