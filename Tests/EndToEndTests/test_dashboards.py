"""Dashboards in a browser over numbers that are easy to get wrong: one bi-api, and tables and charts made for it."""

import os
import re
import shutil
import tempfile
import unittest
import urllib.request

from playwright.sync_api import expect, sync_playwright

import stack

DATABASE = "bi_pages"
READER = "bi_pages_reader"
SIZES = [(1440, 1000), (1024, 900), (390, 844)]

TABLES = f"""
CREATE SCHEMA shop;
CREATE TABLE shop.sales AS
  SELECT date '2026-11-01' + n % 30 AS day, 'Region number ' || n % 12 AS region, n % 4 AS grade,
    CASE WHEN n % 5 > 0 THEN 'c' || n % 5 END AS channel, 1000 + n AS amount
  FROM generate_series(0, 599) n;
CREATE TABLE shop.ids AS SELECT 9007199254740993 + n AS id, 'name ' || n AS name FROM generate_series(0, 29) n;
CREATE TABLE shop.clock AS
  SELECT timestamptz '2026-10-24 22:00:00+00' + n * interval '1 h' AS at, 1 AS visits FROM generate_series(0, 5) n;
CREATE TABLE shop.now AS
  SELECT current_date - n AS day, 100 + n AS visits, n * 700.0 AS seconds FROM generate_series(0, 9) n;
CREATE TABLE shop.gaps (day date, kind text, amount int);
INSERT INTO shop.gaps VALUES ('2026-11-01', 'a', 1), ('2026-11-02', 'a', 2), ('2026-11-03', 'a', 4),
  ('2026-11-02', 'b', 10), ('2026-11-03', 'c', 100);
CREATE TABLE shop.many AS SELECT 'value ' || lpad(n::text, 4, '0') AS label, n FROM generate_series(1, 3000) n;
CREATE TABLE shop.colours AS
  SELECT date '2026-11-01' + d AS day, 'series ' || lpad(s::text, 2, '0') AS name, s * 3 + d AS amount
  FROM generate_series(0, 4) d, generate_series(1, 14) s;
GRANT USAGE ON SCHEMA shop TO {READER};
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {READER};
"""

DASHBOARDS = """
datasets:
  sales:
    model: shop.sales
    time_column: {name: day, type: date}
    dimensions: {region: , grade: , channel: }
    metrics:
      amount: sum(amount)
      share: sum(amount) * 0.0000001
      rows: count(*)
      change: sum(case when grade < 2 then -amount else amount + 100 end)
      regions: count(distinct region)
  ids: {model: shop.ids, dimensions: {id: , name: }, metrics: {largest: max(id), huge: "max(id)::numeric * 1000000000000"}}
  clock: {model: shop.clock, time_column: at, metrics: {visits: sum(visits)}}
  now:
    model: shop.now
    time_column: {name: day, type: date}
    metrics: {visits: sum(visits), length: {expression: sum(seconds), format: seconds}}
  gaps: {model: shop.gaps, time_column: {name: day, type: date}, dimensions: {kind: }, metrics: {amount: sum(amount)}}
  many: {model: shop.many, dimensions: {label: }, metrics: {rows: count(*)}}
  colours: {model: shop.colours, time_column: {name: day, type: date}, dimensions: {name: }, metrics: {amount: sum(amount)}}
charts:
  huge: {type: big_number, dataset: ids, metric: huge}
  share: {type: big_number, dataset: sales, metric: share}
  ids: {type: table, dataset: ids, dimensions: [id, name], metrics: [largest]}
  grades: {type: bar, dataset: sales, x: grade, metrics: [amount]}
  regions: {type: bar, dataset: sales, x: region, metrics: [amount]}
  channels: {type: pie, dataset: sales, dimension: channel, metric: amount, donut: true}
  clock: {type: bar, dataset: clock, x: time, grain: hour, metrics: [visits]}
  now: {type: line, dataset: now, x: time, grain: day, metrics: [visits]}
  length: {type: bar, dataset: now, x: time, grain: day, metrics: [length]}
  gaps: {type: area, dataset: gaps, x: time, grain: day, metrics: [amount], series: kind}
  colours: {type: line, dataset: colours, x: time, grain: day, metrics: [amount], series: name}
  many: {type: big_number, dataset: many, metric: rows}
dashboards:
  numbers:
    title: Numbers
    description: What is easy to get wrong.
    time_zone: Europe/Oslo
    time_range: all
    filters: [channel]
    rows:
      - {height: small, cards: [{chart: huge, width: 3}, {chart: share, width: 3}]}
      - {cards: [{chart: ids, width: 4}, {chart: grades, width: 8}]}
      - {cards: [{chart: regions, width: 8}, {chart: channels, width: 4}]}
      - {cards: [{chart: clock, width: 6}, {chart: now, width: 6}]}
      - {cards: [{chart: length, width: 4}, {chart: gaps, width: 4}, {chart: colours, width: 4}]}
  many: {time_range: all, filters: [label], rows: [{cards: [{chart: many}]}]}
"""

KINDS = """
charts:
  combined: {type: combined, dataset: sales, x: time, grain: week, bars: [amount], lines: [rows]}
  waterfall: {type: waterfall, dataset: sales, x: channel, metric: change}
  funnel: {type: funnel, dataset: sales, dimension: channel, metric: amount}
  treemap: {type: treemap, dataset: sales, dimensions: [channel, grade], metric: amount}
  sunburst: {type: sunburst, dataset: sales, dimensions: [channel, grade], metric: amount}
  sankey: {type: sankey, dataset: sales, from: channel, to: region, metric: amount}
  gauge: {type: gauge, dataset: sales, metric: rows, highest: 1000}
  pivot: {type: pivot, dataset: sales, rows: [channel], columns: [grade], metrics: [regions], totals: true}
  scatter: {type: scatter, dataset: sales, dimension: region, x: amount, y: rows, size: amount, series: channel}
  heatmap: {type: heatmap, dataset: sales, x: time, grain: day, y: channel, metric: amount}
  calendar: {type: calendar, dataset: sales, metric: amount}
dashboards:
  kinds:
    time_range: all
    rows:
      - {height: large, cards: [{chart: combined, width: 4}, {chart: waterfall, width: 4}, {chart: funnel, width: 4}]}
      - {height: large, cards: [{chart: treemap, width: 4}, {chart: sunburst, width: 4}, {chart: sankey, width: 4}]}
      - {height: large, cards: [{chart: gauge, width: 4}, {chart: pivot, width: 8}]}
      - {height: large, cards: [{chart: scatter, width: 4}, {chart: heatmap, width: 8}]}
      - {cards: [{chart: calendar, width: 12}]}
"""

# What ECharts was told to draw in a card.
OPTION = """async element => {
  const { echarts } = await import("/vendor/echarts/index.js");
  const option = echarts.getInstanceByDom(element.querySelector(".drawing")).getOption();
  return { x: option.xAxis.map(axis => ({ type: axis.type, data: axis.data, interval: axis.axisLabel.interval })),
    y: option.yAxis.map(axis => axis.interval), still: option.animation === false,
    series: option.series.map(line => ({ name: line.name, data: line.data, color: line.color, dash: line.lineStyle?.type, stack: line.stack })) };
}"""


# A canvas on which something was drawn: some pixel is not transparent.
DRAWN = """async element => {
  for (let turn = 0; turn < 100; turn += 1) {
    const drawn = [...element.querySelectorAll("canvas")].some(canvas =>
      canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value, index) => index % 4 === 3 && value));
    if (drawn) return true;
    await new Promise(done => setTimeout(done, 100));
  }
  return false;
}"""


class DashboardPageTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="millrace-pages-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        os.mkdir(os.path.join(cls.folder, "dashboards"))
        cls.write(DASHBOARDS)
        cls.write(KINDS, "kinds")
        cls.stack = cls.enterClassContext(stack.Stack(cls.folder, DATABASE))
        cls.stack.sql(f"DROP ROLE IF EXISTS {READER}")
        cls.stack.sql(f"CREATE ROLE {READER} LOGIN PASSWORD 'reads-only-4711'")
        cls.stack.sql(TABLES)
        password = os.path.join(cls.folder, "password")
        with open(password, "w", encoding="ascii") as file:
            file.write("correct-horse-battery")
        cls.stack.run("bi-api", "create-user", "ada", "--role", "editor", BI_USER_PASSWORD_FILE=password)
        cls.port = stack.free_port()
        cls.stack.start("bi-api", "serve", HTTP_PORT=cls.port, WAREHOUSE_READER_USER=READER,
                        WAREHOUSE_READER_PASSWORD="reads-only-4711", SESSION_SECRET="kT9vQ2mZr7XpL4sWn8Bd1Fh6Jc3Gy5Ua",
                        WEB_VENDOR_DIR=os.path.join(stack.ROOT, ".millrace", "vendor"))
        stack.until(cls.answers, 60, "bi-api ready")
        cls.playwright = cls.enterClassContext(sync_playwright())
        cls.browser = cls.playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"])
        cls.addClassCleanup(cls.browser.close)

    @classmethod
    def write(cls, text, name="numbers"):
        path = os.path.join(cls.folder, "dashboards", name + ".yaml")
        with open(path + ".part", "w", encoding="utf-8") as part:
            part.write(text)
        os.replace(path + ".part", path)

    @classmethod
    def url(cls, path):
        return f"http://127.0.0.1:{cls.port}{path}"

    @classmethod
    def answers(cls):
        try:
            return urllib.request.urlopen(cls.url("/healthz"), timeout=2).status == 200
        except OSError:
            return False

    def setUp(self):
        self.problems = []
        self.page = self.new_page()

    def new_page(self, width=1440, height=1000, **settings):
        context = self.browser.new_context(viewport={"width": width, "height": height}, **settings)
        context.set_default_timeout(30_000)
        self.addCleanup(context.close)
        page = context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.url("/login"))
        page.fill("#name", "ada")
        page.fill("#password", "correct-horse-battery")
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    def tearDown(self):
        self.assertEqual(self.problems, [])

    def open(self, dashboard="numbers", query="", page=None):
        page = page or self.page
        page.goto(self.url(f"/dashboards/{dashboard}{query}"))
        expect(page.locator("#grid")).not_to_have_attribute("aria-busy", "true")
        return page

    def card(self, chart, page=None):
        return (page or self.page).locator(f'[data-chart="{chart}"]')

    def option(self, chart, page=None):
        card = self.card(chart, page)
        card.scroll_into_view_if_needed()
        expect(card.locator(".drawing canvas").first).to_be_visible()
        return card.evaluate(OPTION)

    def module(self, name, expression):
        """The value of an expression over a module of the pages."""
        return self.page.evaluate(f"async () => {{ const m = await import('/assets/{name}'); return {expression}; }}")

    def test_numbers_stay_exact(self):
        self.open()
        expect(self.card("ids").locator("tbody tr").first).to_contain_text("9007199254740993")
        expect(self.card("ids").locator("tbody tr").first).to_contain_text("9,007,199,254,740,993")
        self.assertEqual(self.card("share").locator(".big-value").inner_text(), "0.078")
        value = self.card("huge").locator(".big-value")
        self.assertEqual(value.inner_text(), "9,007,199,254,741,022,000,000,000,000")
        self.assertTrue(value.evaluate("element => element.scrollWidth <= element.clientWidth"), "it fits its card")
        words = self.module("format.js", """[m.number(0.02), m.number(1234.5678), m.number("12345678901234567890"),
            m.number(0.0004, "percent"), m.number(0.25, "percent"), m.number(3, "integer"), m.number(0.3, "seconds"),
            m.number(1000, "seconds"), m.number(null), m.number("-Infinity"), m.number(-0.001, "decimal"), m.number(0)]""")
        self.assertEqual(words, ["0.02", "1,234.57", "12,345,678,901,234,567,890", "0.04%", "25%", "3", "300 ms",
                                 "16 min 40 s", "–", "-Infinity", "-0.001", "0"])

    def test_bars_over_what_is_no_text(self):
        self.open()
        grades = self.option("grades")
        self.assertEqual(grades["x"][0]["data"], ["0", "1", "2", "3"])
        self.assertEqual(len([point for point in grades["series"][0]["data"] if point[1]]), 4)
        regions = self.option("regions")
        self.assertEqual(len(regions["x"][0]["data"]), 12)
        self.assertEqual(regions["x"][0]["interval"], 0, "every label is told")

    def test_stacks_meet_by_their_x(self):
        self.open()
        gaps = {line["name"]: [value for _, value in line["data"]] for line in self.option("gaps")["series"]}
        self.assertEqual(gaps, {"a": [1, 2, 4], "b": [0, 10, 0], "c": [0, 0, 100]})

    def test_both_hours_of_a_clock_that_is_put_back(self):
        self.open()
        points = self.option("clock")["series"][0]["data"]
        self.assertEqual(len(points), 6)
        self.assertEqual({later[0] - earlier[0] for earlier, later in zip(points, points[1:])}, {3_600_000})
        menu = self.card("clock").get_by_role("button", name="Menu of")
        menu.click()
        self.card("clock").get_by_role("menuitem", name="View as table").click()
        table = self.card("clock").locator("tbody").inner_text()
        self.assertIn("02:00 CEST", table.replace("GMT+2", "CEST"))
        self.assertIn("02:00 CET", table.replace("GMT+1", "CET"))

    def test_a_day_that_is_not_over_looks_like_it(self):
        self.open()
        now = self.option("now")["series"]
        self.assertEqual(len(now), 2)
        self.assertIsInstance(now[1]["dash"], list, "the way to today is dashed")
        self.assertIsNone(now[0]["data"][-1][1])
        length = self.option("length")
        self.assertEqual(length["series"][0]["data"][-1]["itemStyle"]["opacity"], 0.4)
        self.assertEqual(length["y"], [1800], "marks at whole half hours")
        expect(self.card("now").locator(".drawing")).to_have_attribute("aria-label", re.compile(r"\(so far\)"))

    def test_fourteen_series_have_fourteen_colours(self):
        self.open()
        series = self.option("colours")["series"]
        self.assertEqual(len(series), 14)
        self.assertEqual(len({line["color"] for line in series}), 14)

    def test_words_of_time_axes(self):
        marks = self.module("time-axis.js", """["month", "day", "hour"].map(grain => {
            const axis = new m.TimeAxis(["2026-11-01"], grain, "UTC", "2026-12-01");
            return [m.timeOf("2026-12-31"), m.timeOf("2027-01-01")].map((time, index) => axis.mark(time, index + 1)); })""")
        self.assertEqual(marks, [["Dec 2026", "Jan 2027"], ["31 Dec", "1 Jan 2027"], ["31 Dec", "1 Jan"]])
        times = self.module("time-axis.js", """["2026-10-25 02:00:00+02", "2026-10-25 02:00:00+01", "2026-10-25 06:30:00+05:30",
            "1900-01-01 00:00:00+00:19:32", "2026-10-25T00:00:00Z", "nonsense"].map(text => m.timeOf(text) || null)""")
        self.assertEqual(times, [1792886400000, 1792890000000, 1792890000000, -2208989972000, 1792886400000, None])

    def test_rows_stay_rows(self):
        for width, side_by_side in [(1440, 2), (1024, 2), (390, 1)]:
            page = self.open(page=self.new_page(width))
            boxes = {chart: self.card(chart, page).bounding_box() for chart in ["huge", "share", "ids"]}
            self.assertEqual(1 + (boxes["huge"]["y"] == boxes["share"]["y"]), side_by_side)
            self.assertGreaterEqual(boxes["ids"]["y"], boxes["share"]["y"] + boxes["share"]["height"])

    def test_no_row_of_a_table_is_cut(self):
        self.open()
        halves = self.card("ids").evaluate("""element => {
            const edge = element.querySelector(".card-body").getBoundingClientRect().bottom;
            return [...element.querySelectorAll("tbody tr")].map(row => row.getBoundingClientRect())
              .filter(row => row.top < edge - 1 && row.bottom > edge + 1).length; }""")
        self.assertEqual(halves, 0)

    def test_cards_say_which_filters_reach_them(self):
        self.open()
        summary = self.page.locator(".filter summary")
        summary.click()
        expect(self.page.locator(".filter .options")).to_contain_text("Reaches 4 of 11 charts")
        expect(self.card("ids")).to_have_class(re.compile("aside"))
        self.page.locator(".filter").get_by_label("(none)").check()
        expect(self.card("grades").locator(".reached")).to_contain_text("Channel")
        expect(self.card("ids").locator(".missed").first).to_contain_text("Not by Channel")
        expect(self.card("ids")).to_contain_text("Not by time")
        self.assertIn("none=channel", self.page.url)
        self.page.reload()
        expect(self.card("grades").locator(".reached")).to_contain_text("Channel")
        rows = self.stack.sql("SELECT count(DISTINCT region) FROM shop.sales WHERE channel IS NULL")
        self.assertEqual(len(self.option("regions")["x"][0]["data"]), int(rows))
        expect(self.card("channels").locator(".drawing")).to_have_attribute("aria-label", re.compile(r"\(none\)"))

    def test_long_lists_are_searched(self):
        self.open("many")
        expect(self.card("many").locator(".big-value")).to_have_text("3,000")
        self.page.locator(".filter summary").click()
        note = self.page.locator(".options [role=status]")
        expect(note).to_contain_text("more than 1,000")
        self.page.get_by_label("Search Label").fill("VALUE 299")
        expect(self.page.locator(".list label")).to_have_count(10)
        self.page.get_by_role("button", name="Choose these").click()
        expect(self.card("many").locator(".big-value")).to_have_text("10")
        self.page.get_by_label("Search Label").fill("")
        expect(self.page.locator(".list input:checked")).to_have_count(10)
        self.page.get_by_role("button", name="Choose none").click()
        expect(self.card("many").locator(".big-value")).to_have_text("3,000")

    def test_a_failed_answer_leaves_the_old_drawing(self):
        self.open()
        before = self.option("grades")
        self.stack.sql(f"REVOKE SELECT ON ALL TABLES IN SCHEMA shop FROM {READER}")
        self.addCleanup(self.stack.sql, f"GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {READER}")
        self.page.select_option("#range", "last 12 weeks")
        banner = self.page.locator("#banner")
        expect(banner).to_contain_text("not up to date")
        expect(self.page.locator("[role=alert]:visible")).to_have_count(1)
        expect(self.page.locator("#live")).to_have_text("Not up to date")
        self.assertEqual(self.option("grades"), before)
        expect(self.card("grades")).to_have_attribute("data-stale", "")
        expect(self.card("grades")).to_contain_text("old: from")
        self.stack.sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {READER}")
        banner.get_by_role("button", name="Try again").click()
        expect(banner).to_be_hidden()
        expect(self.page.locator("[data-stale]")).to_have_count(0)
        expect(self.page.locator("#live")).to_have_text("Live")

    def test_focus_stays_where_it_was(self):
        self.open()
        self.addCleanup(self.write, DASHBOARDS)
        button = self.card("grades").get_by_role("button", name="Menu of")
        button.focus()
        self.write(DASHBOARDS.replace("title: Numbers", "title: Figures"))
        expect(self.page.locator("#title")).to_have_text("Figures")
        expect(self.card("grades").get_by_role("button", name="Menu of")).to_be_focused()
        self.page.locator("#range").focus()
        self.write(DASHBOARDS)
        expect(self.page.locator("#title")).to_have_text("Numbers")
        expect(self.page.locator("#range")).to_be_focused()

    def test_less_motion_where_it_is_asked_for(self):
        self.assertFalse(self.option("grades", self.open())["still"])
        page = self.open(page=self.new_page(reduced_motion="reduce"))
        self.assertTrue(self.option("grades", page)["still"])

    def test_every_kind_is_drawn_and_told(self):
        self.open("kinds")
        for chart, told in {
                "combined": "Bars and lines of", "waterfall": "comes to 30,600", "funnel": "of the one before",
                "treemap": "779,700 in all", "sunburst": "779,700 in all", "sankey": "from Channel to Region",
                "gauge": "600, from 0 to 1,000", "scatter": "60 points", "heatmap": "30 by 5",
                "calendar": "1 Nov 2026 to Mon, 30 Nov 2026"}.items():
            card = self.card(chart)
            card.scroll_into_view_if_needed()
            expect(card.locator(".drawing canvas").first).to_be_visible()
            expect(card.locator(".drawing")).to_have_attribute("aria-label", re.compile(told))
            self.assertTrue(card.evaluate(DRAWN), chart)
        pivot = self.card("pivot").locator("tbody tr")
        # A total of different regions is no sum of the cells: each channel sees twelve of them, in each grade three.
        self.assertEqual(pivot.last.inner_text().split(), ["Total", "3", "3", "3", "3", "12"])
        expect(pivot).to_have_count(6)
        self.assertIn("(none)", pivot.nth(4).inner_text())

    def test_narrow_pages_have_everything(self):
        page = self.new_page(390, 844)
        for path in ["/", "/dashboards/numbers", "/sql"]:
            page.goto(self.url(path))
            for name in ["Log out", "Dark colours"]:
                box = page.get_by_role("button", name=name, exact=True).bounding_box()
                self.assertLessEqual(box["x"] + box["width"], 390, f"{name} on {path}")
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390, path)
        page.get_by_role("button", name="Tables").click()
        expect(page.locator("#schemas")).to_contain_text("sales")
        page.keyboard.press("Escape")
        expect(page.locator("#schemas")).to_be_hidden()
        expect(page.get_by_role("button", name="Tables")).to_be_focused()

    def test_an_error_is_not_left_under_the_next_query(self):
        self.page.goto(self.url("/sql"))

        def run(sql):
            self.page.locator("#editor .cm-content, #editor textarea").first.click()
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(sql)
            self.page.click("#run")

        run("select nope")
        expect(self.page.locator("#panel-results .failure")).to_be_visible()
        run("select pg_sleep(600)")
        expect(self.page.locator("#status")).to_contain_text("Running")
        expect(self.page.locator("#panel-results .failure")).to_have_count(0)
        self.page.click("#stop")
        expect(self.page.locator("#status")).to_contain_text("Stopped")

    def test_words_can_be_read(self):
        contrast = """element => {
          const channels = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const light = colour => { const [r, g, b] = channels(colour).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          let ground = element;
          while (/rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
          const [a, b] = [light(getComputedStyle(element).color), light(getComputedStyle(ground).backgroundColor)];
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); }"""
        for scheme in ["light", "dark"]:
            page = self.open(page=self.new_page(color_scheme=scheme))
            for place in [".card-foot span", "#description", ".mark"]:
                self.assertGreaterEqual(page.locator(place).first.evaluate(contrast), 4.5, f"{place}, {scheme}")
            page.goto(self.url("/sql"))
            expect(page.locator(".tree .type").first).to_be_attached()
            self.assertGreaterEqual(page.locator(".tree .type").first.evaluate(contrast), 4.5, f"types, {scheme}")

    @unittest.skipUnless(os.environ.get("SCREENSHOTS"), "SCREENSHOTS names no folder")
    def test_screenshots(self):
        for width, height in SIZES:
            for scheme in ["light", "dark"]:
                page = self.open(page=self.new_page(width, height, color_scheme=scheme, reduced_motion="reduce"))
                for chart in ["regions", "clock", "colours"]:
                    self.option(chart, page)
                page.evaluate("scrollTo(0, 0)")
                page.screenshot(path=os.path.join(os.environ["SCREENSHOTS"], f"numbers-{width}-{scheme}.png"), full_page=True)
                if width != 1024:
                    self.open("kinds", page=page)
                    for chart in ["waterfall", "sankey", "heatmap", "calendar"]:
                        self.card(chart, page).scroll_into_view_if_needed()
                        expect(self.card(chart, page).locator(".drawing canvas").first).to_be_visible()
                    page.evaluate("scrollTo(0, 0)")
                    page.screenshot(path=os.path.join(os.environ["SCREENSHOTS"], f"kinds-{width}-{scheme}.png"), full_page=True)
                page.goto(self.url("/sql"))
                expect(page.locator("#editor .cm-content, #editor textarea").first).to_be_visible()
                page.screenshot(path=os.path.join(os.environ["SCREENSHOTS"], f"sql-{width}-{scheme}.png"))


if __name__ == "__main__":
    unittest.main()
