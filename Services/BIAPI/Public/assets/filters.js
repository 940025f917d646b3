// What a reader chose: the time range and values of dimensions. The address holds it, so that a link shows the same.
import { el, fill } from "/shared/dom.js";
import { get } from "/shared/api.js";
import { number, words } from "./format.js";

const ranges = [
  ["today", "Today"], ["yesterday", "Yesterday"], ["last 7 days", "Last 7 days"], ["last 14 days", "Last 14 days"], ["last 30 days", "Last 30 days"],
  ["this week", "This week"], ["last week", "Last week"], ["this month", "This month"], ["last month", "Last month"],
  ["last 12 weeks", "Last 12 weeks"], ["last 12 months", "Last 12 months"], ["this year", "This year"], ["all", "All time"],
];
/** In the address: the dimensions of which rows without a value are chosen. */
const noneKey = "~none";
/** The most values that a list shows, and that a filter takes. */
const [shownMax, chosenMax] = [200, 1000];

/** Reads the address: `?range=last+7+days&event=page_view&event=click&~none=country`. */
export function readAddress(dashboard) {
  const query = new URLSearchParams(location.search);
  const values = {};
  for (const { dimension } of dashboard.filters) {
    const chosen = [...query.getAll(noneKey).filter((name) => name === dimension).slice(0, 1).map(() => null), ...query.getAll(dimension)];
    if (chosen.length) values[dimension] = chosen;
  }
  return { time_range: query.get("range") || dashboard.time_range, values };
}

function writeAddress(dashboard, chosen) {
  const query = new URLSearchParams();
  if (chosen.time_range !== dashboard.time_range) query.set("range", chosen.time_range);
  for (const [dimension, values] of Object.entries(chosen.values)) {
    for (const value of values) query.append(value === null ? noneKey : dimension, value ?? dimension);
  }
  history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
}

/** Draws the filters; `changed` is called after every choice, `looked` with the filter whose list is open, or null. */
export function drawFilters(element, dashboard, chosen, changed, looked) {
  const apply = () => {
    writeAddress(dashboard, chosen);
    changed();
  };
  fill(element, timeRange(chosen, apply), dashboard.filters.map((filter) => new ValueFilter(dashboard, filter, chosen, apply, looked).element));
}

function timeRange(chosen, apply) {
  const custom = / to /.test(chosen.time_range);
  const known = ranges.some(([range]) => range === chosen.time_range);
  const options = [...ranges];
  if (!known && !custom) options.unshift([chosen.time_range, chosen.time_range.replace(/^./, (first) => first.toUpperCase())]);
  const [first, last] = custom ? chosen.time_range.split(" to ") : ["", ""];
  const days = el("span", { class: "field", hidden: !custom },
    el("label", { for: "from" }, "From"), el("input", { id: "from", type: "date", value: first, onchange: pick }),
    el("label", { for: "to" }, "to"), el("input", { id: "to", type: "date", value: last, onchange: pick }));
  const select = el("select", { id: "range", onchange: choose },
    options.map(([range, label]) => el("option", { value: range, selected: range === chosen.time_range }, label)),
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

/** The values of one dimension, with a search: here where the list is whole, else by the service. */
class ValueFilter {
  constructor(dashboard, filter, chosen, apply, looked) {
    Object.assign(this, { filter, chosen, apply });
    this.path = `/api/v1/dashboards/${encodeURIComponent(dashboard.name)}/values/${encodeURIComponent(filter.dimension)}`;
    this.all = null;
    this.found = { values: [], truncated: false };
    const [reached, total] = [filter.charts.length, Object.keys(dashboard.charts).length];
    this.search = el("input", { type: "search", placeholder: "Search", "aria-label": `Search ${filter.label}`, spellcheck: false, oninput: () => this.look() });
    this.list = el("div", { class: "list", role: "group", "aria-label": filter.label });
    this.note = el("div", { class: "fine", role: "status" });
    this.summary = el("summary", { data: { key: `filter-${filter.dimension}` } });
    this.element = el("details", { class: "filter", ontoggle: () => this.toggled(looked) }, this.summary,
      el("div", { class: "options" },
        el("div", { class: "fine" }, reached === total ? "Reaches every chart here" : `Reaches ${reached} of ${total} charts here`),
        this.search,
        el("div", { class: "bulk" },
          el("button", { type: "button", onclick: () => this.choose([...new Set([...this.values, ...this.shown])]) }, "Choose these"),
          el("button", { type: "button", onclick: () => this.choose([]) }, "Choose none")),
        this.list, this.note));
    document.addEventListener("click", (event) => { if (this.element.isConnected && !event.composedPath().includes(this.element)) this.element.open = false; });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || (event.target === this.search && this.search.value)) return;
      this.element.open = false;
      this.summary.focus();
    });
    this.tell();
  }

  get values() { return this.chosen.values[this.filter.dimension] ?? []; }

  tell() {
    const count = this.values.length;
    fill(this.summary, this.filter.label, count === 0 ? el("span", { class: "muted" }, "all")
      : count === 1 ? el("span", { class: "value" }, words(this.values[0])) : el("span", { class: "count" }, count));
  }

  async toggled(looked) {
    looked(this.element.open ? this.filter : null);
    if (!this.element.open) return;
    if (!this.all) await this.ask("");
    else this.draw();
  }

  /** Asks the service; what comes first is kept as the whole list, where it is one. */
  async ask(search) {
    if (!this.list.childElementCount) this.note.textContent = "Loading …";
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const answer = await get(search ? `${this.path}?search=${encodeURIComponent(search)}` : this.path);
      if (turn !== this.turn) return;  // a later question overtook it
      if (!search) this.all = answer;
      this.found = answer;
      this.draw();
    } catch (error) {
      if (turn === this.turn) this.note.textContent = error.message;
    }
  }

  look() {
    const wanted = this.search.value.trim();
    clearTimeout(this.timer);
    if (this.all?.truncated && wanted) this.timer = setTimeout(() => this.ask(wanted), 200);
    else {
      this.turn = (this.turn ?? 0) + 1;
      const lower = wanted.toLowerCase();
      this.found = { values: (this.all?.values ?? []).filter((value) => words(value).toLowerCase().includes(lower)), truncated: this.all?.truncated ?? false };
      this.draw();
    }
  }

  draw() {
    const wanted = this.search.value.trim();
    // What is chosen stays in sight, also what the list of today does not have.
    const first = wanted ? [] : this.values;
    const rest = this.found.values.filter((value) => wanted || !this.values.includes(value));
    this.shown = [...first, ...rest].slice(0, Math.max(shownMax, first.length));
    const key = document.activeElement?.dataset?.value;
    fill(this.list, this.shown.map((value) => this.option(value)));
    if (key !== undefined) this.list.querySelector(`[data-value="${CSS.escape(key)}"]`)?.focus();
    const hidden = first.length + rest.length - this.shown.length;
    this.note.textContent = !this.shown.length ? (wanted ? "Nothing has that in it." : "No values")
      : this.found.truncated ? `There are more than ${number(this.found.values.length, "integer")}: search for them.`
        : hidden > 0 ? `${number(hidden, "integer")} more: search for them.` : "";
  }

  option(value) {
    const input = el("input", { type: "checkbox", checked: this.values.includes(value), data: { value: JSON.stringify(value) },
      onchange: () => this.choose(input.checked ? [...this.values, value] : this.values.filter((other) => other !== value)) });
    return el("label", {}, input, el("span", { class: value === null || value === "" ? "muted" : "" }, words(value)));
  }

  choose(values) {
    const some = values.slice(0, chosenMax);
    if (some.length) this.chosen.values[this.filter.dimension] = some;
    else delete this.chosen.values[this.filter.dimension];
    this.tell();
    for (const input of this.list.querySelectorAll("input")) input.checked = some.includes(JSON.parse(input.dataset.value));
    this.apply();
  }
}
