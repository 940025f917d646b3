"""What a person sees: log in, the three charts with data, a query, and a new event reaching an open dashboard."""

import json
import os
import subprocess
import time
import unittest
import uuid

from playwright.sync_api import expect, sync_playwright

import demo

# A canvas on which something was drawn: some pixel is not transparent.
DRAWN = """element => [...element.querySelectorAll("canvas")].some(canvas => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  for (let index = 3; index < pixels.length; index += 4) if (pixels[index]) return true;
  return false;
})"""


def publish(event):
    """Sends one event with a tool that knows nothing of Millrace."""
    subprocess.run(
        ["kcat", "-P", "-b", f"127.0.0.1:{os.environ['DEMO_KAFKA_PORT']}", "-t", "events", "-k", event["user_id"]],
        input=json.dumps(event), text=True, check=True)


class PageTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"])

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()

    def setUp(self):
        context = self.browser.new_context(viewport={"width": 1440, "height": 1000})
        context.set_default_timeout(30_000)
        self.page = context.new_page()
        self.problems = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.addCleanup(context.close)

    def log_in(self, password=None):
        self.page.goto(demo.url("bi-api", "/login"))
        self.page.fill("#name", "admin")
        self.page.fill("#password", password or demo.secret("admin"))
        self.page.click("button[type=submit]")

    def open_overview(self):
        self.log_in()
        self.page.wait_for_url(lambda url: "/login" not in url)
        self.page.goto(demo.url("bi-api", "/dashboards/overview"))

    def card(self, chart):
        return self.page.locator(f'[data-chart="{chart}"]')

    def test_wrong_password(self):
        self.log_in("wrong" * 4)
        expect(self.page.locator("#problem")).to_be_visible()
        self.assertIn("/login", self.page.url)

    def test_nothing_without_a_session(self):
        self.page.goto(demo.url("bi-api", "/dashboards/overview"))
        self.assertIn("/login", self.page.url)
        for service, path in [("bi-api", "/api/v1/dashboards"), ("scheduler", "/api/v1/dags"),
                              ("transformer", "/api/v1/environments")]:
            self.assertEqual(self.page.request.get(demo.url(service, path), max_redirects=0).status, 401, path)

    def test_charts_have_data(self):
        self.open_overview()
        for chart in ["daily_active_users", "event_types", "session_activity"]:
            card = self.card(chart)
            card.scroll_into_view_if_needed()
            expect(card.locator("canvas").first).to_be_visible()
            demo.wait_for(lambda card=card: card.evaluate(DRAWN), 30, f"drawing of {chart}")
        self.assertEqual(self.problems, [])

    def test_query(self):
        self.open_overview()
        self.page.goto(demo.url("bi-api", "/sql"))
        editor = self.page.locator("#editor .cm-content, #editor textarea").first
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type("select count(*) as number_of_events from raw.events")
        self.page.click("#run")
        results = self.page.locator("#panel-results")
        expect(results).to_contain_text("number_of_events")
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type("delete from raw.events")
        self.page.click("#run")
        expect(results).not_to_contain_text("number_of_events")
        self.assertNotEqual(demo.sql("select count(*) from raw.events"), "0")

    def test_event_reaches_open_dashboard(self):
        self.open_overview()
        card = self.card("event_types")
        card.get_by_role("button", name="Menu of").click()
        card.get_by_role("menuitem", name="View as table").click()
        expect(card.locator("table")).to_be_visible()
        marker = f"marker_{uuid.uuid4().hex[:8]}"
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        publish({"event_id": str(uuid.uuid4()), "user_id": "user-e2e", "event": marker, "timestamp": now})
        expect(card).to_contain_text(marker, timeout=150_000)
        self.assertEqual(self.problems, [])

    def test_dashboards_change_under_open_pages(self):
        file = os.path.join(os.environ["E2E_PIPELINE"], "dashboards", "made-by-a-test.yaml")

        def write(title, metric):
            with open(file + ".part", "w", encoding="utf-8") as part:
                part.write("datasets:\n  made: {model: raw.events, metrics: {events: count(*)}}\n"
                           f"charts:\n  made: {{type: big_number, dataset: made, metric: {metric}}}\n"
                           f"dashboards:\n  made: {{title: {title}, time_range: all, rows: [{{cards: [{{chart: made}}]}}]}}\n")
            os.replace(file + ".part", file)

        def remove():
            if os.path.exists(file):
                os.remove(file)

        self.addCleanup(remove)
        self.log_in()
        self.page.wait_for_url(lambda url: "/login" not in url)
        expect(self.page.get_by_text("Made by a test")).to_have_count(0)
        write("Made by a test", "events")
        self.page.get_by_text("Made by a test").click()
        expect(self.card("made").locator(".big-value")).to_be_visible()
        write("Made anew", "events")
        expect(self.page.locator("#title")).to_have_text("Made anew")
        write("Made anew", "no_such_metric")
        expect(self.card("made")).to_contain_text("made-by-a-test.yaml:4")
        other = self.page.context.new_page()
        other.goto(demo.url("bi-api", "/"))
        expect(other.locator("#mistakes")).to_contain_text("made-by-a-test.yaml:4")
        expect(other.get_by_text("Made anew")).to_be_visible()
        if os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=os.path.join(os.environ["SCREENSHOTS"], "set-aside-chart.png"))
            other.screenshot(path=os.path.join(os.environ["SCREENSHOTS"], "set-aside-list.png"))
        remove()
        expect(other.locator("#mistakes")).to_be_empty()
        expect(self.page.get_by_text("This dashboard was removed")).to_be_visible()
        self.assertEqual(self.problems, [])

    def test_scheduler_page_takes_the_same_session(self):
        self.open_overview()
        self.page.goto(demo.url("scheduler", "/"))
        expect(self.page.get_by_text("prod").first).to_be_visible()
        self.assertNotIn("/login", self.page.url)
        self.assertEqual(self.problems, [])

    def act(self, button, confirm=None):
        """Presses a button of the panel, looks at what will change, and confirms."""
        self.page.locator("#panel").get_by_role("button", name=button, exact=True).click()
        expect(self.page.locator("dialog .preview")).to_contain_text("The run")
        self.page.locator("dialog").get_by_role("button", name=confirm or button, exact=True).click()

    def test_run_is_acted_on(self):
        self.open_overview()
        self.page.goto(demo.url("scheduler", "/dags/prod"))
        panel = self.page.locator("#panel")
        state = panel.locator(".card-head .pill")
        switch = self.page.get_by_role("switch")
        # No other run comes meanwhile.
        switch.click()
        expect(self.page.locator("#facts")).to_contain_text("Paused")
        self.addCleanup(lambda: demo.sql(
            "update scheduler.dags set is_paused = false;"
            """select pg_notify('millrace_scheduler', '{"dag":"prod","is_request":true}')"""))
        self.page.get_by_role("button", name="Trigger", exact=True).click()
        self.page.get_by_role("button", name="Trigger run").click()
        self.page.wait_for_url(lambda url: "run=" in url)
        run = self.page.url.split("run=")[1][:36]
        expect(panel).to_contain_text(run)
        expect(state).to_have_text("succeeded", timeout=120_000)
        panel.locator(".task").filter(has_text="analytics.sessions").click()
        self.act("Mark as failed")
        expect(state).to_have_text("failed")
        expect(panel).to_contain_text("admin")
        self.page.get_by_role("button", name="Back to the run").click()
        expect(panel).to_contain_text("marked_failed")
        self.page.get_by_label("Runs of this state").select_option("failed")
        expect(self.page.locator(f'.run-bar[data-run="{run}"] [data-state="failed"]')).to_be_visible()
        self.page.locator(f'.run-bar[data-run="{run}"]').click()
        self.act("Rerun failed", "Rerun")
        expect(state).to_have_text("succeeded", timeout=120_000)
        expect(panel.locator(".history")).to_contain_text("mark failed analytics.sessions")
        # A failed run is none any more, and leaves the list of them by itself.
        expect(self.page.locator(f'.run-bar[data-run="{run}"]')).to_have_count(0)
        self.page.goto(demo.url("scheduler", f"/dags/prod?run={run}"))
        expect(state).to_have_text("succeeded")
        self.assertEqual(self.problems, [])

    def test_transformer_pages(self):
        self.open_overview()
        self.page.get_by_role("link", name="Models").click()
        self.page.get_by_role("link", name="prod", exact=True).click()
        self.page.get_by_label("Search models").fill("daily")
        expect(self.page.locator("[data-model]")).to_have_count(1)
        self.page.locator("[data-model]").get_by_role("link").click()
        expect(self.page.get_by_role("img", name="days")).to_be_visible()
        expect(self.page.get_by_label("Audits", exact=True)).to_contain_text("passed")
        expect(self.page.get_by_label("Unit tests", exact=True)).to_contain_text("passed")
        self.page.get_by_role("button", name="Rendered").click()
        expect(self.page.locator("pre.sql")).not_to_contain_text("@start_dt")
        self.page.get_by_role("button", name="user_id", exact=True).click()
        lineage = self.page.get_by_label("Column", exact=True)
        expect(lineage).to_contain_text("raw.events.user_id")
        expect(lineage).to_contain_text("of the topic events")
        expect(lineage).to_contain_text("Daily active users")
        lineage.get_by_role("link", name="in the graph").click()
        chosen = self.page.locator('.node[data-relation="analytics.daily_active_users"]')
        expect(chosen).to_have_attribute("data-side", "chosen")
        expect(self.page.locator('.node[data-relation="raw.events"]')).to_have_attribute("data-side", "above")
        self.page.locator('.node[data-relation="raw.events"]').click()
        self.page.get_by_role("button", name="event", exact=True).click()
        expect(self.page.get_by_label("Columns", exact=True)).to_contain_text("analytics.event_types.event")
        self.page.goto(demo.url("transformer", "/plan?environment=from_a_browser"))
        expect(self.page.get_by_label("Views to point")).to_contain_text("analytics__from_a_browser.sessions")
        self.page.goto(demo.url("transformer", "/differences"))
        expect(self.page.get_by_text("Nothing to compare")).to_be_visible()
        self.page.goto(demo.url("transformer", "/environments/nowhere"))
        expect(self.page.get_by_role("alert")).to_contain_text("no environment")
        self.assertNotIn("from_a_browser", demo.sql("select string_agg(name, ' ') from transformer.environments"))
        self.assertEqual(self.problems, [])


if __name__ == "__main__":
    unittest.main()
