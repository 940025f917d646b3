"""Log-ins over the running bi-api, scheduler and transformer: where a session ends, it ends everywhere; who never logs in
shuts nobody out; and a database that is away is said to be away."""

import concurrent.futures
import http.client
import json
import os
import resource
import secrets
import signal
import socket
import subprocess
import tempfile
import unittest

from demo import ROOT
from stack import Stack, free_port, until

PASSWORD = "correct-horse-battery"
FACES = {"bi-api": "/api/v1/dashboards", "scheduler": "/api/v1/dags", "transformer": "/api/v1/environments"}


class Face:
    def __init__(self, port):
        self.port = int(port)

    def ask(self, method, path, body=None, headers=None, source=None):
        address = (source, 0) if source else None
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=address)
        try:
            connection.request(method, path, body=json.dumps(body) if body is not None else None,
                               headers={"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def ready(self):
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False


class SessionTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(os.path.join(ROOT, "Pipelines", "web-analytics"), "sessions_test").__enter__()
        cls.stack.environment["SESSION_SECRET"] = secrets.token_urlsafe(32)
        cls.stack.environment["WAREHOUSE_READER_PASSWORD"] = secrets.token_urlsafe(16)
        cls.stack.run("producer", "topics")
        cls.stack.run("raw-sink", "init")
        cls.logs = tempfile.mkdtemp(prefix="sessions-")
        cls.processes, cls.faces = {}, {}
        for name in FACES:
            cls.start(name)

    @classmethod
    def tearDownClass(cls):
        cls.stack.__exit__(None, None, None)

    @classmethod
    def start(cls, name):
        port = free_port()
        with open(os.path.join(cls.logs, f"{name}.log"), "a", encoding="utf-8") as log:
            cls.processes[name] = subprocess.Popen(
                [os.path.join(ROOT, ".build", "debug", name), "serve", "--http-port", port],
                env=dict(cls.stack.environment, HTTP_TRUSTED_PROXIES="127.0.9.0/24"), stdout=log, stderr=log)
        cls.stack.started.append(cls.processes[name])
        cls.faces[name] = Face(port)
        until(cls.faces[name].ready, 90, f"{name} ready")

    def user(self, role="admin"):
        """A new user's name."""
        name = "u" + secrets.token_hex(4)
        self.change(name, role, PASSWORD)
        return name

    def change(self, name, role, password):
        self.stack.run("bi-api", "create-user", name, "--role", role, "--update", BI_USER_PASSWORD=password)

    def log_in(self, name, password=PASSWORD, **more):
        status, headers, text = self.faces["bi-api"].ask(
            "POST", "/api/v1/login", {"name": name, "password": password}, **more)
        if status != 200:
            return status, headers, text
        cookies = dict(line.split(";")[0].split("=", 1) for line in headers.get_all("Set-Cookie"))
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
                "X-CSRF-Token": cookies["millrace_csrf"]}

    def statuses(self, session):
        return {name: self.faces[name].ask("GET", path, headers=session)[0] for name, path in FACES.items()}

    def assert_stands(self, session):
        self.assertEqual(self.statuses(session), dict.fromkeys(FACES, 200))

    def assert_ends(self, session, what):
        until(lambda: self.statuses(session) == dict.fromkeys(FACES, 401), 20, f"the end of the session after {what}")

    def test_ends_everywhere(self):
        name = self.user()
        other = self.log_in(name)
        session = self.log_in(name)
        self.assert_stands(session)
        self.assertEqual(self.faces["bi-api"].ask("POST", "/api/v1/logout", {}, headers=session)[0], 204)
        self.assert_ends(session, "log-out")
        self.assert_stands(other)  # another browser's

        self.change(name, "viewer", PASSWORD)
        self.assert_ends(other, "a change of role")
        session = self.log_in(name)
        self.assert_stands(session)
        self.change(name, "viewer", PASSWORD + "2")
        self.assert_ends(session, "a change of password")
        session = self.log_in(name, PASSWORD + "2")
        self.assert_stands(session)
        self.stack.sql(f"UPDATE bi.users SET is_disabled = true WHERE name = '{name}'")
        self.assert_ends(session, "an end by hand")
        self.stack.sql(f"UPDATE bi.users SET is_disabled = false WHERE name = '{name}'")
        session = self.log_in(name, PASSWORD + "2")
        self.assert_stands(session)
        self.stack.sql(f"DELETE FROM bi.users WHERE name = '{name}'")
        self.assert_ends(session, "the user's deletion")

        for service in ["scheduler", "transformer"]:
            self.processes[service].send_signal(signal.SIGTERM)
            self.processes[service].wait(60)
            self.start(service)
        self.assert_ends(session, "a restart")
        self.assert_stands(self.log_in(self.user()))

    def test_kafka_away(self):
        session = self.log_in(self.user())
        self.assert_stands(session)
        with open(os.path.join(ROOT, ".millrace", "test", "broker", "pid"), encoding="ascii") as file:
            broker = int(file.read())
        os.kill(broker, signal.SIGSTOP)
        try:
            self.assertEqual(self.faces["bi-api"].ask("POST", "/api/v1/logout", {}, headers=session)[0], 204)
            # bi-api knows; the others go on with what they knew last, for 15 minutes at most.
            statuses = self.statuses(session)
            self.assertEqual(statuses, {"bi-api": 401, "scheduler": 200, "transformer": 200})
        finally:
            os.kill(broker, signal.SIGCONT)
        self.assert_ends(session, "log-out while Kafka was away")

    def test_database_away(self):
        session = self.log_in(self.user())
        self.assert_stands(session)
        database = self.stack.database
        self.stack.environment["POSTGRES_DB"] = "postgres"
        try:
            self.stack.sql(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
            self.stack.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
            until(lambda: self.faces["bi-api"].ask("GET", "/api/v1/dashboards", headers=session)[0] == 503, 20, "503 of bi-api")
            self.assertEqual(self.statuses(session), dict.fromkeys(FACES, 503))
            for name, path in FACES.items():
                _, headers, text = self.faces[name].ask("GET", path, headers=session)
                self.assertEqual(headers["Content-Type"].split(";")[0], "application/problem+json", text)
                self.assertTrue(headers["Retry-After"], text)
            status, headers, text = self.log_in("nobody")
            self.assertEqual(status, 503, text)
            self.assertTrue(headers["Retry-After"])
            status, _, text = self.faces["bi-api"].ask("GET", "/", headers={**session, "Accept": "text/html"})
            self.assertEqual(status, 503)
            self.assertIn("tries again by itself", text)
            self.assertEqual(self.faces["bi-api"].ask("POST", "/api/v1/logout", {}, headers=session)[0], 503)
            self.assertEqual(self.faces["bi-api"].ask("GET", "/healthz", headers=session)[0], 200)
        finally:
            self.stack.sql(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
            self.stack.environment["POSTGRES_DB"] = database
        until(lambda: self.statuses(session) == dict.fromkeys(FACES, 200), 30, "recovery")

    def test_half_requests(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
        for face in self.faces.values():
            held = []
            for _ in range(1281):
                connection = socket.create_connection(("127.0.0.1", face.port))
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                held.append(connection)
            self.assertEqual(face.ask("GET", "/healthz")[0], 200)
            self.assertIn(face.ask("GET", "/")[0], [200, 303, 404])
            self.assertEqual(face.ask("GET", "/healthz", source="127.0.0.77")[0], 200)
            for connection in held:
                connection.close()

    def test_guesses(self):
        name = self.user()

        def guess(source):
            return self.log_in(name, "wrong-password", source=source)[0]

        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            side_by_side = list(pool.map(guess, ["127.0.2.1"] * 40))
            self.assertEqual(sorted(set(side_by_side)), [401, 429])
            self.assertEqual(side_by_side.count(401), 5)
            # The user themselves, from where they never were wrong.
            self.assertIsInstance(self.log_in(name, source="127.0.2.2"), dict)
            spread = list(pool.map(guess, [f"127.0.3.{number % 40 + 1}" for number in range(200)]))
            self.assertLessEqual(spread.count(401), 15)
            self.assertEqual(set(spread) - {401, 429, 503}, set())
            self.assertIsInstance(self.log_in(name, source="127.0.2.2"), dict)

    def test_forwarded(self):
        name = self.user()

        def guess(source, client):
            return self.log_in(name, "wrong-password", source=source, headers={"X-Forwarded-For": client})[0]

        # Behind a trusted proxy each client counts for itself; from anywhere else the header is only a claim.
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            one = list(pool.map(guess, ["127.0.9.1"] * 6, ["192.0.2.1"] * 6))
            self.assertEqual(sorted(one), [401] * 5 + [429])
            self.assertEqual(guess("127.0.9.1", "192.0.2.2"), 401)
            claims = list(pool.map(guess, ["127.0.8.1"] * 6, [f"192.0.2.{number + 10}" for number in range(6)]))
            self.assertEqual(sorted(claims), [401] * 5 + [429])


if __name__ == "__main__":
    unittest.main()
