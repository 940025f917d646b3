"""What reaches raw.events through the collector: two unmodified SDKs, a page with the snippet; a killed and a full spool,
a broker that stands still."""

import http.server
import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request
import uuid

import rudderstack.analytics as rudder
import segment.analytics as segment
from playwright.sync_api import sync_playwright

import demo
import stack

PAGE = """<!doctype html><title>Shop</title>
<script src="{collector}/millrace.js" data-key="{key}"></script>
<button onclick="millrace.track('{event}', {{price: 19.9}})">Buy</button>
<button onclick="history.pushState({{}}, '', '/next-{event}')">Next</button>"""


def key():
    return demo.secret("collector")


def rows(condition):
    return int(demo.sql(f"select count(*) from raw.events where {condition}"))


def landed(condition, count):
    demo.wait_for(lambda: rows(condition) >= count, 60, f"landing of {count} rows where {condition}")
    return rows(condition)


class SDKTests(unittest.TestCase):
    """The SDKs as their makers publish them, with nothing changed but the host."""

    def send(self, make):
        errors = []
        user = f"sdk-{uuid.uuid4().hex[:12]}"
        client = make(on_error=lambda error, items: errors.append(error))
        client.identify(user, {"plan": "pro"})
        for number in range(50):
            client.track(user, "bought", {"price": 19.9, "number": number})
        client.page(user, "docs", "Home", {"url": "https://shop.example/"})
        client.screen(user, "app", "Start")
        client.group(user, "group-1", {})
        client.alias("earlier", user)
        client.flush()
        client.join()
        self.assertEqual(errors, [])
        condition = f"user_id = '{user}'"
        self.assertEqual(landed(condition, 55), 55)
        self.assertEqual(rows(f"{condition} and event = 'bought' and (properties->>'price')::numeric = 19.9"), 50)
        self.assertEqual(rows(f"{condition} and event = 'page_view' and url = 'https://shop.example/'"), 1)

    def test_segment(self):
        self.send(lambda **more: segment.Client(key(), host=demo.url("producer"), **more))

    def test_segment_gzip(self):
        self.send(lambda **more: segment.Client(key(), host=demo.url("producer"), gzip=True, **more))

    def test_rudder(self):
        self.send(lambda **more: rudder.Client(key(), host=demo.url("producer"), **more))

    def test_wrong_key(self):
        request = urllib.request.Request(demo.url("producer", "/v1/track"), method="POST",
                                         data=b'{"writeKey": "wrong", "userId": "u", "event": "e"}')
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        self.assertEqual(caught.exception.code, 401)
        caught.exception.close()


class SnippetTests(unittest.TestCase):
    def test_page(self):
        event = f"buy_{uuid.uuid4().hex[:8]}"
        text = PAGE.format(collector=demo.url("producer"), key=key(), event=event).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        address = f"http://127.0.0.1:{server.server_port}/{event}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"])
            page = browser.new_page()
            page.goto(address)
            page.get_by_role("button", name="Next").click()
            page.get_by_role("button", name="Buy").click()
            page.goto("about:blank")  # the page goes away: what it has not sent yet leaves with it
            self.assertEqual(landed(f"event = '{event}' and url like '%/next-{event}'", 1), 1)
            self.assertEqual(landed(f"event = 'page_view' and url like '%{event}'", 2), 2)
            self.assertEqual(rows(f"url like '%{event}' and session_id is null"), 0)
            # Asked not to track, it sends nothing.
            context = browser.new_context()
            context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
            quiet = context.new_page()
            sent = []
            quiet.on("request", lambda request: sent.append(request.url))
            quiet.goto(address)
            quiet.get_by_role("button", name="Buy").click()
            quiet.goto("about:blank")
            self.assertFalse([url for url in sent if "/v1/" in url])
            browser.close()


class OwnCollector(unittest.TestCase):
    """A collector beside the demo's, with settings of its own."""

    def start(self, brokers, spool=None, file_max=None):
        port = stack.free_port()
        environment = dict(
            os.environ, KAFKA_BOOTSTRAP_SERVERS=brokers, HTTP_PORT=str(port), COLLECTOR_OPEN="true",
            COLLECTOR_ACK_TIMEOUT="1s", MILLRACE_PIPELINE=os.path.join(demo.ROOT, "Pipelines", "web-analytics"))
        if spool:
            environment["COLLECTOR_SPOOL_DIR"] = spool

        def limit():
            if file_max:  # a write beyond is refused, as on a full disk
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_max, file_max))
        process = subprocess.Popen(
            [os.path.join(demo.ROOT, ".build", "debug", "producer"), "serve"], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=limit)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        base = f"http://127.0.0.1:{port}"

        def answers():
            try:
                return urllib.request.urlopen(base + "/healthz", timeout=2).status == 200
            except OSError:
                return False
        demo.wait_for(answers, 30, "start of a collector")
        return process, base

    def post(self, base, user, number, **properties):
        """The status, and the header that says when to come back."""
        call = {"userId": user, "event": "kept", "messageId": f"{user}-{number}", "properties": properties}
        request = urllib.request.Request(base + "/v1/track", json.dumps(call).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Retry-After"]

    def ready(self, base):
        try:
            return urllib.request.urlopen(base + "/readyz", timeout=5).status == 200
        except urllib.error.HTTPError as error:
            error.close()
            return False

    def landed(self, user):
        return set(demo.sql(f"select distinct event_id from raw.events where user_id = '{user}'").split())

    def broker(self):
        return f"127.0.0.1:{os.environ['DEMO_KAFKA_PORT']}"


class SpoolTests(OwnCollector):
    """Taken while Kafka is away: every event lands, none is made up, whatever happens to the spool."""

    def nobody(self):
        """A broker that does not answer: bound, and not listening."""
        server = socket.socket()
        self.addCleanup(server.close)
        server.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{server.getsockname()[1]}"

    def test_kill(self):
        user = f"spool-{uuid.uuid4().hex[:12]}"
        with tempfile.TemporaryDirectory() as folder:
            process, base = self.start(self.nobody(), folder)
            for number in range(100):
                self.assertEqual(self.post(base, user, number)[0], 200)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.assertEqual(rows(f"user_id = '{user}'"), 0)
            process, _ = self.start(self.broker(), folder)
            demo.wait_for(lambda: len(self.landed(user)) == 100, 60, "draining")
            process.terminate()
            self.assertEqual(process.wait(timeout=30), 0)

    def test_full_disk(self):
        user = f"full-{uuid.uuid4().hex[:12]}"
        with tempfile.TemporaryDirectory() as folder:
            process, base = self.start(self.nobody(), folder, file_max=64 << 10)
            answers = [self.post(base, user, number, note="x" * 1000) for number in range(100)]
            taken = {f"{user}-{number}" for number, (status, _) in enumerate(answers) if status == 200}
            self.assertTrue(20 < len(taken) < 100, answers)
            self.assertEqual({status for status, _ in answers}, {200, 503})
            self.assertTrue(all(later for status, later in answers if status == 503))
            process.send_signal(signal.SIGKILL)
            process.wait()
            # There is room again, and Kafka: what was taken goes out, and new events behind it.
            process, base = self.start(self.broker(), folder)
            self.assertEqual(self.post(base, user, 100)[0], 200)
            demo.wait_for(lambda: f"{user}-100" in self.landed(user), 60, "draining")
            self.assertEqual(taken - self.landed(user), set())
            process.terminate()
            self.assertEqual(process.wait(timeout=30), 0)


class FrozenBrokerTests(OwnCollector):
    def test_frozen(self):
        """No answer of 2xx while the broker stands still; afterwards it goes on, and nothing that it took is missing."""
        user = f"frozen-{uuid.uuid4().hex[:12]}"
        process, base = self.start(self.broker())
        taken = []

        def post(number):
            status, later = self.post(base, user, number)
            if status == 200:
                taken.append(f"{user}-{number}")
            return status, later
        self.assertEqual(post(0)[0], 200)
        with open(os.path.join(os.environ["DEMO_DIR"], "broker", "pid"), encoding="ascii") as file:
            broker = int(file.read())
        os.kill(broker, signal.SIGSTOP)
        try:
            for number in range(1, 5):
                status, later = post(number)
                self.assertEqual(status, 503)
                self.assertGreaterEqual(int(later), 1)
            self.assertFalse(self.ready(base), "ready without a broker")
        finally:
            os.kill(broker, signal.SIGCONT)
        number = 5
        while post(number)[0] != 200:
            number += 1
            self.assertLess(number, 100, "never recovers")
        self.assertTrue(self.ready(base))
        demo.wait_for(lambda: taken[-1] in self.landed(user), 60, "landing")
        self.assertEqual(set(taken) - self.landed(user), set())
        # What was refused may have arrived all the same, under the id that a second try would have: never twice in one try.
        self.assertEqual(rows(f"user_id = '{user}'"), len(self.landed(user)))
        process.terminate()
        self.assertEqual(process.wait(timeout=30), 0)


if __name__ == "__main__":
    unittest.main()
