// What a reader chose: the time range and values of dimensions. The address holds it, so that a link shows the same.
import { el, fill } from "/shared/dom.js";
import { get } from "/shared/api.js";

const ranges = [
  ["today", "Today"], ["last 7 days", "Last 7 days"], ["last 14 days", "Last 14 days"], ["last 30 days", "Last 30 days"],
  ["last 12 weeks", "Last 12 weeks"], ["last 12 months", "Last 12 months"], ["all", "All time"],
];

/** Reads the address: `?range=last+7+days&event=page_view&event=click`. */
export function readAddress(dashboard) {
  const query = new URLSearchParams(location.search);
  const values = {};
  for (const filter of dashboard.filters) {
    const chosen = query.getAll(filter.dimension);
    if (chosen.length) values[filter.dimension] = chosen;
  }
  return { time_range: query.get("range") || dashboard.time_range, values };
}

function writeAddress(dashboard, chosen) {
  const query = new URLSearchParams();
  if (chosen.time_range !== dashboard.time_range) query.set("range", chosen.time_range);
  for (const [dimension, values] of Object.entries(chosen.values)) for (const value of values) query.append(dimension, value);
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
}

/** Draws the filters; `changed` is called after every choice. */
export function drawFilters(element, dashboard, chosen, changed) {
  const apply = () => {
    writeAddress(dashboard, chosen);
    changed();
  };
  fill(element, timeRange(chosen, apply), dashboard.filters.map((filter) => valueFilter(dashboard, filter, chosen, apply)));
}

function timeRange(chosen, apply) {
  const custom = / to /.test(chosen.time_range);
  const known = ranges.some(([range]) => range === chosen.time_range);
  const options = [...ranges];
  if (!known && !custom) options.unshift([chosen.time_range, chosen.time_range]);
  const [first, last] = custom ? chosen.time_range.split(" to ") : ["", ""];
  const days = el("span", { class: "field", hidden: !custom },
    el("label", { for: "from" }, "From"), el("input", { id: "from", type: "date", value: first, onchange: pick }),
    el("label", { for: "to" }, "to"), el("input", { id: "to", type: "date", value: last, onchange: pick }));
  const select = el("select", { id: "range", onchange: choose },
    options.map(([range, words]) => el("option", { value: range, selected: range === chosen.time_range }, words)),
    el("option", { value: "custom", selected: custom }, "Choose days…"));
  function choose() {
    days.hidden = select.value !== "custom";
    if (select.value === "custom") return days.querySelector("input").focus();
    chosen.time_range = select.value;
    apply();
  }
  function pick() {
    const [from, to] = [...days.querySelectorAll("input")].map((input) => input.value);
    if (!from || !to || from > to) return;
    chosen.time_range = `${from} to ${to}`;
    apply();
  }
  return [el("span", { class: "field" }, el("label", { for: "range" }, "Time range"), select), days];
}

function valueFilter(dashboard, filter, chosen, apply) {
  const options = el("div", { class: "options" }, el("span", { class: "fine" }, "Loading …"));
  const summary = el("summary", {});
  const box = el("details", { class: "filter", ontoggle: load }, summary, options);
  let loaded = false;
  function show() {
    const count = (chosen.values[filter.dimension] ?? []).length;
    fill(summary, filter.label, count ? el("span", { class: "count" }, count) : el("span", { class: "muted" }, "all"));
  }
  async function load() {
    if (!box.open || loaded) return;
    loaded = true;
    const path = `/api/v1/dashboards/${encodeURIComponent(dashboard.name)}/values/${encodeURIComponent(filter.dimension)}`;
    try {
      const { values } = await get(path);
      fill(options, values.length ? values.map(option) : el("span", { class: "fine" }, "No values"));
    } catch (error) {
      loaded = false;
      fill(options, el("span", { class: "fine" }, error.message));
    }
  }
  function option(value) {
    const picked = (chosen.values[filter.dimension] ?? []).includes(value);
    const input = el("input", { type: "checkbox", checked: picked, onchange: () => toggle(value, input.checked) });
    return el("label", {}, input, value === "" ? "(empty)" : value);
  }
  function toggle(value, picked) {
    const values = (chosen.values[filter.dimension] ?? []).filter((other) => other !== value);
    if (picked) values.push(value);
    if (values.length) chosen.values[filter.dimension] = values;
    else delete chosen.values[filter.dimension];
    show();
    apply();
  }
  document.addEventListener("click", (event) => { if (!box.contains(event.target)) box.open = false; });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    box.open = false;
    summary.focus();
  });
  show();
  return box;
}
