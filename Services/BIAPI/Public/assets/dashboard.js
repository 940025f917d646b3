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
  fill(grid, el("div", { class: "card w12" }, el("div", { class: "state error" }, icon("empty"), el("strong", {}, error.message),
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

  let asked = 0;  // an answer that a later question overtook is not drawn
  const latest = new Map();
  async function refresh(charts) {
    const wanted = cards.filter((card) => charts === null || charts.includes(card.chart.name));
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
    } catch (error) {
      for (const card of wanted) if (current(card)) card.fail(error.message);
    }
    grid.removeAttribute("aria-busy");
  }

  refresh(null);
  setInterval(() => { for (const card of cards) card.tick(); }, 1000);
  window.addEventListener("themechange", () => { for (const card of cards) card.redraw(); });
  const waiting = new Set();
  let timer = null;
  listen((charts) => {
    for (const chart of charts ?? Object.keys(dashboard.charts)) waiting.add(chart);
    timer ??= setTimeout(() => {  // models that change together are asked for together
      timer = null;
      refresh([...waiting]);
      waiting.clear();
    }, 150);
  }, (state) => {
    byId("live").dataset.state = state;
    byId("live").textContent = state === "live" ? "Live" : "Reconnecting …";
  });
}
