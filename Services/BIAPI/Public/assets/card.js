// One card: a chart in its frame with its states (loading, drawn, empty, stale, failed), its age, its marks and its menu.
import { el, fill, icon, keepFocus } from "/shared/dom.js";
import { ago, milliseconds } from "./format.js";
import { kinds, look, table } from "./kinds/index.js";

let libraryPromise = null;
/** Apache ECharts, loaded when the first chart needs it. */
const library = () => (libraryPromise ??= import("/vendor/echarts/index.js").then((module) => module.echarts));

export class ChartCard {
  constructor(chart, { width, height, zone }, refresh) {
    this.chart = chart;
    this.zone = zone;
    this.data = null;
    this.asTable = false;
    this.drawing = null;
    this.isVisible = false;
    this.isStale = false;
    const heading = `chart-${chart.name}`;
    this.body = el("div", { class: "card-body" }, el("div", { class: "skeleton" }));
    this.foot = el("div", { class: "card-foot" });
    this.age = el("span", {});
    this.reach = el("span", { class: "reach" });
    this.menuButton = el("button", { class: "quiet", type: "button", "aria-label": `Menu of ${chart.title}`, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => this.toggleMenu() }, icon("dots"));
    this.refresh = refresh;
    this.element = el("section", { class: `card w${width}`, data: { height, chart: chart.name, kind: chart.kind }, "aria-labelledby": heading, "aria-busy": "true" },
      el("div", { class: "card-head" }, el("h2", { id: heading, title: chart.description ?? chart.title }, chart.title), this.menuButton),
      this.body, this.foot);
    new IntersectionObserver((entries) => this.seen(entries.some((entry) => entry.isIntersecting)), { rootMargin: "200px" }).observe(this.element);
    new ResizeObserver(() => this.resized()).observe(this.body);
  }

  /** New data is on its way; what is drawn stays. */
  busy() { this.element.setAttribute("aria-busy", "true"); }

  show(data) {
    const isNew = this.data !== null && JSON.stringify(this.data.rows) !== JSON.stringify(data.rows);
    this.data = data;
    this.isStale = false;
    delete this.element.dataset.stale;
    this.element.removeAttribute("aria-busy");
    this.draw();
    if (!isNew) return;
    this.element.classList.remove("fresh");
    void this.element.offsetWidth;  // starts the animation anew
    this.element.classList.add("fresh");
  }

  /** There is no answer. What is drawn stays, marked as old; without a drawing the card says why, unless the page does. */
  fail(message, isToldByPage) {
    this.element.removeAttribute("aria-busy");
    this.isStale = true;
    this.element.dataset.stale = "";
    if (this.data) return this.drawFoot();
    this.instead(isToldByPage
      ? el("div", { class: "state" }, el("strong", {}, "No numbers yet"), el("span", {}, "They come as soon as there is an answer."))
      : el("div", { class: "state error", role: "alert" }, el("strong", {}, "This chart could not be computed"), el("span", {}, message),
        el("button", { type: "button", onclick: this.refresh }, "Try again")));
  }

  /** The chart's definition has a mistake: there is nothing to ask for. */
  setAside() {
    this.element.removeAttribute("aria-busy");
    this.instead(el("div", { class: "state error", role: "alert" }, el("strong", {}, "This chart is set aside"), el("span", {}, this.chart.mistake)));
  }

  instead(state) {
    keepFocus(this.element, this.menuButton, () => {
      this.dispose();
      this.body.className = "card-body";
      fill(this.body, state);
    });
  }

  /** Which of the reader's filters count here and which do not: lists of their labels. */
  reachedBy(reached, missed) {
    const time = this.chart.time_range ? `Always: ${this.chart.time_range}` : this.chart.timeless ? "Not by time" : null;
    fill(this.reach,
      reached.length > 0 && el("span", { class: "reached" }, icon("filter"), reached.join(", ")),
      missed.length > 0 && el("span", { class: "missed", title: "These rows do not have that dimension." }, `Not by ${missed.join(", ")}`),
      time && el("span", { class: "missed", title: "The time range above does not reach this chart." }, time));
    this.element.dataset.reach = missed.length ? "missed" : reached.length ? "reached" : "";
    if (!this.reach.isConnected) this.drawFoot();
  }

  seen(isVisible) {
    const first = isVisible && !this.isVisible;
    this.isVisible = isVisible;
    if (first && this.waits) this.draw();
  }

  resized() {
    this.drawing?.resize();
    if (this.drawing && this.data && !this.asTable) this.drawing.setOption(this.option() ?? {}, { notMerge: true });
    this.fitRows();
  }

  redraw() {
    this.dispose();
    if (this.data) this.draw();
  }

  option() {
    const { width, height } = this.body.getBoundingClientRect();
    return kinds[this.chart.kind].option?.(this.chart, this.data, { look: look(), zone: this.zone, width, height });
  }

  async draw() {
    this.waits = !this.isVisible;
    if (this.waits) return;
    const { chart, data } = this;
    const kind = kinds[chart.kind];
    this.drawFoot();
    if (!data.rows.length) {
      return this.instead(el("div", { class: "state" }, icon("empty"), el("strong", {}, "No data"), el("span", {}, "Nothing matches the time range and filters.")));
    }
    if (!kind) return this.instead(el("div", { class: "state error" }, el("strong", {}, "This page does not know such a chart"), el("span", {}, "Load it again; the service is newer than it.")));
    if (this.asTable || !kind.option) return this.drawTable();
    const echarts = await library().catch(() => null);
    if (data !== this.data || this.asTable) return;
    this.body.className = "card-body";
    this.body.removeAttribute("tabindex");
    if (this.body.querySelector(":scope > :is(.skeleton, .state, table)")) this.dispose();
    const place = kind.write ? kind.write(this.body, chart, data) : this.body;
    const option = this.option();
    if (!option) return this.drawing?.dispose();
    if (!echarts) {
      if (!kind.write) this.instead(el("div", { class: "state error" }, el("strong", {}, "The drawing library is missing"), el("span", {}, "Run `make deps`, or look at the menu's table.")));
      return;
    }
    const drawing = this.canvas(echarts, place);
    drawing.setOption(option, { notMerge: true });
    drawing.getDom().setAttribute("aria-label", kind.describe(chart, data, this.zone));
  }

  drawTable() {
    keepFocus(this.element, this.menuButton, () => {
      const top = this.body.scrollTop;
      this.dispose();
      this.body.className = "card-body scroll";
      this.body.tabIndex = 0;  // so that keys can scroll it
      fill(this.body, ((!this.asTable && kinds[this.chart.kind].table) || table)(this.chart, this.data, this.zone));
      this.fitRows();
      this.body.scrollTop = top;
    });
  }

  /** No row is cut in half: the room below the last whole one stays empty. */
  fitRows() {
    const rows = this.body.querySelectorAll("tbody tr");
    if (!rows.length) return this.body.style.removeProperty("flex-basis");
    this.body.style.removeProperty("max-height");
    const [head, row] = [this.body.querySelector("thead").offsetHeight, rows[0].offsetHeight];
    const room = this.element.clientHeight - this.body.offsetTop - this.foot.offsetHeight;
    const shown = Math.floor((room - head) / row);
    if (row > 0 && shown >= 1 && shown < rows.length) this.body.style.setProperty("max-height", `${head + shown * row}px`);
  }

  /** The drawing inside `place`, made at the first call. */
  canvas(echarts, place) {
    if (this.drawing && !this.drawing.isDisposed() && this.drawing.getDom().isConnected) return this.drawing;
    const box = el("div", { class: "drawing", role: "img" });
    fill(place, box);
    return (this.drawing = echarts.init(box, null, { renderer: "canvas", useDirtyRect: false }));
  }

  dispose() {
    this.drawing?.dispose();
    this.drawing = null;
    this.body.style.removeProperty("max-height");
    fill(this.body);
  }

  drawFoot() {
    const { data } = this;
    if (!data) return fill(this.foot, this.reach);
    const title = `Computed ${new Date(data.computed_at).toLocaleString()} in ${milliseconds(data.elapsed_ms)}${data.cached ? "; from the cache since" : ""}`;
    this.age.title = title;
    fill(this.foot, this.age, data.truncated && el("span", { class: "warn" }, `First ${data.rows.length} rows only`), this.reach);
    this.tick();
  }

  /** Once a second: how old the numbers are. */
  tick() {
    if (!this.data) return;
    const age = ago(Date.parse(this.data.computed_at));
    this.age.textContent = this.isStale ? `old: from ${age}` : `updated ${age}`;
    this.age.className = this.isStale ? "warn" : "";
  }

  toggleMenu() {
    if (this.menu) return this.closeMenu(true);
    const item = (words, action) => el("button", { type: "button", role: "menuitem", onclick: () => { this.closeMenu(true); action(); } }, words);
    this.menu = el("div", { class: "card-menu", role: "menu", onkeydown: (event) => this.menuKey(event) },
      item("Refresh", this.refresh),
      kinds[this.chart.kind]?.option && item(this.asTable ? "View as chart" : "View as table", () => { this.asTable = !this.asTable; this.redraw(); }),
      this.data?.sql && item("View SQL", () => this.showSQL()));
    this.element.append(this.menu);
    this.menuButton.setAttribute("aria-expanded", "true");
    this.menu.querySelector("button").focus();
    this.outside = (event) => { if (!this.element.contains(event.target)) this.closeMenu(false); };
    document.addEventListener("pointerdown", this.outside);
  }

  closeMenu(focus) {
    this.menu?.remove();
    this.menu = null;
    this.menuButton.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.outside);
    if (focus) this.menuButton.focus();
  }

  menuKey(event) {
    const items = [...this.menu.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape") this.closeMenu(true);
    else if (event.key === "Tab") return this.closeMenu(true);
    else if (event.key === "ArrowDown") items[(at + 1) % items.length].focus();
    else if (event.key === "ArrowUp") items[(at + items.length - 1) % items.length].focus();
    else return;
    event.preventDefault();
  }

  showSQL() {
    const dialog = el("dialog", { "aria-label": `SQL of ${this.chart.title}`, onclose: () => dialog.remove() },
      el("div", { class: "dialog-head" }, el("h2", {}, `SQL of ${this.chart.title}`), el("button", { type: "button", onclick: () => dialog.close() }, "Close")),
      el("pre", {}, this.data.sql));
    document.body.append(dialog);
    dialog.showModal();
  }
}
