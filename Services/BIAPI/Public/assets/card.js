// One card: a chart in its frame with its states (loading, drawn, empty, failed), its age, and its menu.
import { el, fill, icon } from "/shared/dom.js";
import { ago, milliseconds } from "./format.js";
import { drawBigNumber, drawTable, optionOf } from "./charts.js";

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
    const heading = `chart-${chart.name}`;
    this.body = el("div", { class: "card-body" }, el("div", { class: "skeleton" }));
    this.foot = el("div", { class: "card-foot" });
    this.age = el("span", {});
    this.menuButton = el("button", { class: "quiet", type: "button", "aria-label": `Menu of ${chart.title}`, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => this.toggleMenu() }, icon("dots"));
    this.refresh = refresh;
    this.element = el("section", { class: `card w${width}`, data: { height, chart: chart.name, kind: chart.kind }, "aria-labelledby": heading, "aria-busy": "true" },
      el("div", { class: "card-head" }, el("h2", { id: heading, title: chart.description ?? chart.title }, chart.title), this.menuButton),
      this.body, this.foot);
    new IntersectionObserver((entries) => this.seen(entries.some((entry) => entry.isIntersecting)), { rootMargin: "200px" }).observe(this.element);
    new ResizeObserver(() => this.drawing?.resize()).observe(this.body);
  }

  /** New data is on its way; what is drawn stays. */
  busy() { this.element.setAttribute("aria-busy", "true"); }

  show(data) {
    if (!data || data.error) return this.fail(data?.error?.detail ?? "The service gave no answer for this chart.");
    const isNew = this.data !== null && JSON.stringify(this.data.rows) !== JSON.stringify(data.rows);
    this.data = data;
    this.element.removeAttribute("aria-busy");
    this.draw();
    if (!isNew) return;
    this.element.classList.remove("fresh");
    void this.element.offsetWidth;  // starts the animation anew
    this.element.classList.add("fresh");
  }

  fail(message) {
    this.element.removeAttribute("aria-busy");
    this.dispose();
    this.data = null;
    fill(this.foot);
    this.body.className = "card-body";
    fill(this.body, el("div", { class: "state error", role: "alert" }, el("strong", {}, "This chart could not be computed"), el("span", {}, message),
      el("button", { type: "button", onclick: this.refresh }, "Try again")));
  }

  /** The chart's definition has a mistake: there is nothing to ask for. */
  setAside() {
    this.element.removeAttribute("aria-busy");
    fill(this.body, el("div", { class: "state error", role: "alert" }, el("strong", {}, "This chart is set aside"), el("span", {}, this.chart.mistake)));
  }

  seen(isVisible) {
    const first = isVisible && !this.isVisible;
    this.isVisible = isVisible;
    if (first && this.isStale) this.draw();
  }

  redraw() {
    this.dispose();
    if (this.data) this.draw();
  }

  async draw() {
    this.isStale = !this.isVisible;
    if (this.isStale) return;
    const { chart, data } = this;
    this.drawFoot();
    const isTable = this.asTable || chart.kind === "table";
    this.body.className = isTable ? "card-body scroll" : "card-body";
    if (!data.rows.length) {
      this.dispose();
      return fill(this.body, el("div", { class: "state" }, icon("empty"), el("strong", {}, "No data"), el("span", {}, "Nothing matches the time range and filters.")));
    }
    if (isTable) {
      this.dispose();
      return fill(this.body, drawTable(chart, data));
    }
    const echarts = await library().catch(() => null);
    if (data !== this.data || this.asTable) return;
    if (!echarts && chart.kind !== "big_number") {
      return this.fail("The drawing library is missing (/vendor/echarts). Run `make deps`, or look at the menu's table.");
    }
    if (chart.kind === "big_number") return this.drawBig(echarts);
    this.canvas(echarts, this.body).setOption(optionOf(chart, data, getComputedStyle(document.documentElement)), { notMerge: true });
  }

  drawBig(echarts) {
    const { value, trend } = drawBigNumber(this.chart, this.data, getComputedStyle(document.documentElement));
    let place = this.body.querySelector(".big-trend");
    if (place) this.body.querySelector(".big-value").textContent = value;
    else {
      place = el("div", { class: "big-trend" });
      fill(this.body, el("div", { class: "big" }, el("div", { class: "big-value" }, value), place));
    }
    if (trend && echarts) this.canvas(echarts, place).setOption(trend, { notMerge: true });
  }

  /** The drawing inside `place`, made at the first call. */
  canvas(echarts, place) {
    if (this.drawing && this.drawing.getDom().isConnected) return this.drawing;
    const box = el("div", { class: "drawing" });
    fill(place, box);
    return (this.drawing = echarts.init(box, null, { renderer: "canvas", useDirtyRect: false }));
  }

  dispose() {
    this.drawing?.dispose();
    this.drawing = null;
    fill(this.body);
  }

  drawFoot() {
    const { data } = this;
    const title = `Computed ${new Date(data.computed_at).toLocaleString()} in ${milliseconds(data.elapsed_ms)}${data.cached ? "; from the cache since" : ""}`;
    this.age.title = title;
    fill(this.foot, this.age, data.truncated && el("span", { class: "warn" }, `First ${data.rows.length} rows only`));
    this.tick();
  }

  /** Once a second: how old the numbers are. */
  tick() { if (this.data) this.age.textContent = `updated ${ago(Date.parse(this.data.checked_at ?? this.data.computed_at))}`; }

  toggleMenu() {
    if (this.menu) return this.closeMenu(true);
    const item = (words, action) => el("button", { type: "button", role: "menuitem", onclick: () => { this.closeMenu(true); action(); } }, words);
    this.menu = el("div", { class: "card-menu", role: "menu", onkeydown: (event) => this.menuKey(event) },
      item("Refresh", this.refresh),
      this.chart.kind !== "table" && item(this.asTable ? "View as chart" : "View as table", () => { this.asTable = !this.asTable; this.redraw(); }),
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
