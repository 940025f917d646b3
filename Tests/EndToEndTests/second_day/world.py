"""The running stack of the second-day test, all of it from outside: PostgreSQL, a broker, the five services, a simulator."""

import base64
import collections
import contextlib
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BINARIES = os.path.join(ROOT, ".build", "debug")
#: A service may say this much about a step at level warning. More is a loop.
WARNINGS_MAX = 60


def lib(*call):
    """A function of scripts/lib.sh."""
    return subprocess.run(["bash", "-c", f'source "{ROOT}/scripts/lib.sh"; "$@"', "lib", *call], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()


def until(condition, seconds, what):
    """Asks until the condition holds. `what` says in the end how things stood."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.1)


class Service:
    """One process, its port and its log."""

    def __init__(self, world, name, *command, label=None, binaries=BINARIES, **settings):
        self.world, self.name, self.command, self.binaries, self.settings = world, name, command, binaries, settings
        self.label = label or name
        self.port = lib("free_port")
        self.log = os.path.join(world.folder, "logs", f"{self.label}.log")
        self.read_to = 0
        self.process = None

    def start(self):
        environment = dict(self.world.settings, HTTP_PORT=self.port, **self.settings)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([os.path.join(self.binaries, self.name), *self.command],
                                            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """In order, and with success."""
        self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired as problem:
            self.process.kill()
            raise AssertionError(f"{self.label} did not end within 60 s of SIGTERM") from problem
        if code != 0:
            raise AssertionError(f"{self.label} ended with {code} on SIGTERM")

    def health(self):
        """The status of /readyz, and what it says."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode(errors="replace")
        except (OSError, ValueError) as problem:
            return 0, str(problem)

    def wait_ready(self):
        def state():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.label} ended by itself with {self.process.returncode}")
            return self.health()[0] == 200
        until(state, 60, lambda: f"{self.label} is not ready: {self.health()}")

    def warnings(self):
        status, report = self.health()
        return report.get("warnings", {}) if status == 200 else {}

    def new_lines(self):
        """What the log got since the last call, line by line."""
        with open(self.log, "rb") as file:
            file.seek(self.read_to)
            text = file.read()
        complete = text[:text.rfind(b"\n") + 1]
        self.read_to += len(complete)
        return complete.decode(errors="replace").splitlines()


class Visitor:
    """A logged-in user of bi-api, whose session the scheduler and the transformer take too."""

    def __init__(self, world):
        self.world, self.headers = world, {}

    def log_in(self):
        self.headers = {}
        answer, headers = self.ask("bi-api", "/api/v1/login",
                                   {"name": "admin", "password": self.world.secret("admin")}, with_headers=True)
        cookies = [value.split(";")[0] for name, value in headers.items() if name.lower() == "set-cookie"]
        self.headers = {"Cookie": "; ".join(cookies), "X-CSRF-Token": answer["csrf_token"]}

    def ask(self, service, path, body=None, with_headers=False):
        request = urllib.request.Request(f"http://127.0.0.1:{self.world.services[service].port}{path}",
                                         headers={"Content-Type": "application/json", **self.headers},
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                document = json.load(answer)
                return (document, answer.headers) if with_headers else document
        except urllib.error.HTTPError as problem:
            raise AssertionError(
                f"{service} answers {problem.code} to {path}: {problem.read().decode(errors='replace')[:500]}") from None


class World:
    """Everything that runs, and the pipeline's folder. Used as a context.

    `models` are those of the folder as it is now: a key that stays → a Model, whose name may change.
    """

    def __init__(self, folder, seed, models, binaries=BINARIES):
        self.folder, self.seed, self.models, self.binaries = folder, seed, models, binaries
        self.chance = random.Random(seed)
        self.pipeline = os.path.join(folder, "pipeline")
        self.services = {}
        #: What a replica is called in the log folder; each has a name of its own.
        self.replicas = 1
        #: What is written down for an environment when it was applied: models by what they are here, name and expectation.
        self.environments = {}
        #: How often each kind of edit was made: names of what is added end in such a number.
        self.edits = collections.Counter()
        self.topics = {"events": "raw.events"}
        self.dumps = collections.deque(maxlen=3)
        self.visitor = Visitor(self)

    # MARK: Start and end

    def __enter__(self):
        lib("empty", self.folder)
        for name in ["logs", "secrets", "spool", "postgres", "broker"]:
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        shutil.copytree(os.path.join(ROOT, "Pipelines", "web-analytics"), self.pipeline)
        for name in ["postgres", "session", "reader", "admin", "collector"]:
            self.write_secret(name, secrets.token_urlsafe(32))
        self.write_secret("collector-keys", f'keys:\n  - {{name: visitor, key: "{self.secret("collector")}"}}\n')
        try:
            self.begin()
        except BaseException as problem:
            self.__exit__()
            raise AssertionError(f"the first day: {problem}\n{self.log_ends()}") from problem
        return self

    def begin(self):
        self.postgres_port, broker_port = lib("free_port"), lib("free_port")
        self.broker = f"127.0.0.1:{broker_port}"
        lib("postgres_start", os.path.join(self.folder, "postgres"), self.postgres_port, "millrace", self.secret("postgres"), "millrace")
        lib("broker_start", os.path.join(self.folder, "broker"), broker_port)
        secret = {f"{name}_FILE": os.path.join(self.folder, "secrets", file) for name, file in [
            ("POSTGRES_PASSWORD", "postgres"), ("WAREHOUSE_READER_PASSWORD", "reader"), ("SESSION_SECRET", "session"),
            ("COLLECTOR_KEYS", "collector-keys")]}
        self.settings = {
            "PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C.UTF-8", "LOG_FORMAT": "json", "MILLRACE_PIPELINE": self.pipeline,
            "KAFKA_BOOTSTRAP_SERVERS": self.broker, "POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": self.postgres_port,
            "POSTGRES_USER": "millrace", "POSTGRES_DB": "millrace", "COLLECTOR_SPOOL_DIR": os.path.join(self.folder, "spool"),
            "WEB_VENDOR_DIR": os.path.join(ROOT, ".millrace", "vendor"), **secret}
        self.run("producer", "topics")
        self.run("raw-sink", "init")
        self.run("bi-api", "create-user", "admin", "--role", "admin",
                 BI_USER_PASSWORD_FILE=os.path.join(self.folder, "secrets", "admin"))
        for name, command in [("raw-sink", "run"), ("transformer", "serve"), ("scheduler", "serve"), ("bi-api", "serve"), ("producer", "serve")]:
            self.services[name] = Service(self, name, command, binaries=self.binaries).start()
        for service in self.services.values():
            service.wait_ready()
        self.visitor.log_in()
        simulation = ["simulate", "--scenario", "page-views", "--users", "200", "--seed", str(self.seed)]
        days = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - day * 86_400)) for day in [2, 0]]
        self.run("producer", *simulation, "--from", days[0], "--to", days[1])
        self.services["simulator"] = Service(
            self, "producer", *simulation, "--rate", "20", "--malformed", "0.01", "--drift", "0.01", label="simulator").start()
        self.services["simulator"].wait_ready()

    def __exit__(self, *_):
        for service in self.services.values():
            if service.process and service.process.poll() is None:
                service.process.kill()
                service.process.wait()
        lib("broker_stop", os.path.join(self.folder, "broker"))
        lib("postgres_stop", os.path.join(self.folder, "postgres"))

    # MARK: Means

    def secret(self, name):
        with open(os.path.join(self.folder, "secrets", name), encoding="ascii") as file:
            return file.read()

    def write_secret(self, name, text):
        with open(os.open(os.path.join(self.folder, "secrets", name), os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(text)

    def run(self, name, *arguments, code=0, **settings):
        """A command's output. It must end with `code`; `None`: with any failure."""
        done = subprocess.run([os.path.join(self.binaries, name), *arguments], env=dict(self.settings, **settings),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        if (done.returncode == 0) if code is None else (done.returncode != code):
            raise AssertionError(f"`{name} {' '.join(arguments)}` ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def document(self, name, *arguments):
        """What a command answers as JSON; what it says on the way does not count."""
        done = subprocess.run([os.path.join(self.binaries, name), *arguments, "--json"], env=self.settings,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(f"`{name} {' '.join(arguments)} --json` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def database(self, program, *arguments, **options):
        """One of PostgreSQL's programs, with its connection."""
        environment = dict(os.environ, PGPASSWORD=self.secret("postgres"), PGHOST="127.0.0.1", PGPORT=self.postgres_port,
                           PGUSER="millrace")
        return subprocess.run([program, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True, **options).stdout

    def sql(self, statement):
        return self.database("psql", "-d", "millrace", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement).strip()

    @contextlib.contextmanager
    def locked(self, table):
        """Nobody reads the table meanwhile, or writes to it."""
        environment = dict(os.environ, PGPASSWORD=self.secret("postgres"))
        with subprocess.Popen(["psql", "-h", "127.0.0.1", "-p", str(self.postgres_port), "-U", "millrace", "-d", "millrace", "-qAtX"],
                              env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
            session.stdin.write(f"begin; lock table {table} in access exclusive mode; select 'locked';\n")
            session.stdin.flush()
            if session.stdout.readline() != "locked\n":
                raise AssertionError(f"{table} could not be locked")
            try:
                yield
            finally:
                # With its input, psql ends, and with it the transaction.
                session.stdin.close()

    def waiting_for_locks(self, service):
        """The server's processes in which a statement of the service waits for a lock."""
        return set(self.sql(f"select pid from pg_stat_activity where wait_event_type = 'Lock' and application_name like '%{service}%'").split())

    def post(self, path, body):
        """To the collector; its answer must be a success."""
        key = base64.b64encode(f"{self.secret('collector')}:".encode()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.services['producer'].port}{path}", data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Basic {key}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            raise AssertionError(f"the collector answers {problem.code} to {path}: {problem.read().decode(errors='replace')}") from None

    def event(self, **fields):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return {"event_id": secrets.token_hex(8), "user_id": f"visitor-{self.chance.randrange(20)}", "event": "page_view",
                "timestamp": now, **fields}

    # MARK: The folder

    def path(self, *parts):
        return os.path.join(self.pipeline, *parts)

    def read(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as file:
            return file.read()

    def write(self, text, *parts):
        """In one go, as editors do: nobody reads half a file."""
        new = os.path.join(self.folder, "new")
        with open(new, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(new, self.path(*parts))

    def edit(self, file, *replacements):
        """Pairs of a pattern, which must be there, and what takes its place."""
        text = self.read(file)
        for pattern, replacement in replacements:
            text, count = re.subn(pattern, replacement, text, flags=re.M)
            if not count:
                raise AssertionError(f"{file} has no {pattern}:\n{text}")
        self.write(text, file)

    def files(self, *folders):
        return [f"{folder}/{name}" for folder in folders for name in sorted(os.listdir(self.path(folder)))]

    def descriptions(self):
        """The models of the folder: name → description."""
        found = {}
        for file in self.files("models"):
            text = self.read(file)
            name = re.search(r"^  name ([\w.]+),", text, re.M)
            description = re.search(r"^  description '((?:[^']|'')*)'", text, re.M)
            found[name[1]] = description[1].replace("''", "'") if description else None
        return found

    # MARK: Commands

    def apply(self, environment="prod"):
        self.check_plan(environment)
        output = self.run("transformer", "apply", "--environment", environment)
        left = self.check_plan(environment)
        if left:
            raise AssertionError(f"{environment} was applied, and these differ still: {left}")
        self.environments[environment] = (self.descriptions(), dict(self.models))
        return output

    def check_plan(self, environment):
        """What differs from the folder, by a command that reads all of it and by the service that keeps what it has read."""
        command = self.document("transformer", "plan", "--environment", environment, "--explain")
        service = self.visitor.ask("transformer", f"/api/v1/plan?environment={environment}")
        changes, kept = ({change["model"]: change["change"] for change in found} for found in [
            command["changes"], service["changes"]["items"]])
        if changes != kept:
            raise AssertionError(f"a command's plan for {environment} has {changes}, the service's has {kept}")
        return changes

    def plan_of(self, environment="prod"):
        """The name of the plan that the scheduler goes by."""
        return self.visitor.ask("scheduler", f"/api/v1/dags/{environment}")["plan"]

    def take_up(self, effect, what):
        """A file was changed under running services: they take it up, or say that they want a restart and get one."""
        restarted = []
        def done():
            restarted.extend(self.restart_who_asks())
            return effect()
        until(done, 60, lambda: f"{what}: neither taken up, nor a restart asked for in /readyz (restarted: {restarted}): "
              f"{ {label: service.health() for label, service in self.services.items()} }")

    def restart_who_asks(self):
        """What an operator does who reads /readyz; the labels of those that asked."""
        asked = [label for label, service in self.services.items() if any("restart" in text.lower() for text in service.warnings().values())]
        for label in asked:
            self.services[label].stop()
            self.services[label].start().wait_ready()
        return asked

    def dump(self):
        file = os.path.join(self.folder, f"dump-{len(os.listdir(self.folder))}-{time.monotonic_ns()}")
        self.database("pg_dump", "-d", "millrace", "-Fc", "-Z0", "-f", file)
        if len(self.dumps) == self.dumps.maxlen:
            os.remove(self.dumps[0])
        self.dumps.append(file)

    def restore(self, file):
        self.database("dropdb", "--force", "millrace")
        self.database("createdb", "millrace")
        self.database("pg_restore", "-d", "millrace", "--exit-on-error", file)

    # MARK: The view from outside

    def check(self, allowed=()):
        """What must be true after every step."""
        self.post("/v1/page", {"anonymousId": "visitor", "messageId": secrets.token_hex(8)})
        simulator = self.services["simulator"]
        simulator.signal(signal.SIGSTOP)
        try:
            self.check_landed()
            self.check_dags()
            self.check_models()
            self.check_dashboard()
        finally:
            simulator.signal(signal.SIGCONT)
        self.check_processes()
        self.check_logs(allowed)

    def messages(self, topic):
        """In the topic now, by the broker's own offsets."""
        listing = json.loads(subprocess.run(["kcat", "-b", self.broker, "-L", "-t", topic, "-J"], check=True, capture_output=True, text=True).stdout)
        numbers = [partition["partition"] for partition in listing["topics"][0]["partitions"]]
        def offsets(which):
            places = [part for number in numbers for part in ["-t", f"{topic}:{number}:{which}"]]
            answer = subprocess.run(["kcat", "-b", self.broker, "-Q", *places], check=True, capture_output=True, text=True).stdout
            return sum(int(line.split()[-1]) for line in answer.splitlines())
        return offsets(-1) - offsets(-2)

    def check_landed(self):
        for topic, table in self.topics.items():
            def numbers(topic=topic, table=table):
                return [self.messages(topic)] + [int(number) for number in self.sql(
                    f"select (select count(*) from {table}), (select count(*) from raw._dead_letters where topic = '{topic}')").split("|")]
            until(lambda: (lambda n: n[0] == n[1] + n[2])(numbers()), 90,
                  lambda: "messages in topic {0}, rows in raw, dead letters: {1}".format(topic, numbers()))
            twice = self.sql(f"select count(*) - count(distinct (_partition, _offset)) from {table}")
            if twice != "0":
                raise AssertionError(f"{twice} messages of {topic} were landed twice")

    def check_dags(self):
        """The scheduler's page asks this API: environments, and of each the models with their descriptions."""
        def seen():
            dags = [dag["id"] for dag in self.visitor.ask("scheduler", "/api/v1/dags?limit=200")["items"]]
            try:
                return {dag: {model["name"]: model["description"] for model in self.visitor.ask("scheduler", f"/api/v1/dags/{dag}")["models"]}
                        for dag in dags}
            except AssertionError as problem:
                # One of the list may go before it is asked for.
                return str(problem)
        expected = {name: models for name, (models, _) in self.environments.items()}
        until(lambda: seen() == expected, 30, lambda: f"the scheduler shows {seen()}\ninstead of {expected}")

    def check_models(self):
        """Each environment's tables hold what its models make of the raw rows, after a run."""
        wrong = {}
        # A static member that leaves its group for good keeps its partitions for a session time-out, or for minutes where the
        # development broker counts it.
        deadline = time.monotonic() + 240
        while True:
            runs = [(name, subprocess.Popen(
                [os.path.join(self.binaries, "scheduler"), "trigger", name, "--wait"], env=self.settings,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)) for name in self.environments]
            for name, run in runs:
                try:
                    output, _ = run.communicate(timeout=max(1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    run.kill()
                    raise AssertionError(f"a run of {name} does not end; what differed before it: {wrong}\n{self.runs(name)}") from None
                if run.returncode != 0:
                    raise AssertionError(f"a run of {name} failed:\n{output}")
            wrong = {}
            for environment, (_, models) in self.environments.items():
                for model in models.values():
                    actual = self.sql(model.actual.format(model.view(environment)))
                    expected = self.sql(model.expected)
                    if actual != expected:
                        wrong[model.view(environment)] = f"{actual} instead of {expected}"
            if not wrong:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"model tables differ from raw rows: {wrong}")

    def runs(self, name):
        last = self.visitor.ask("scheduler", f"/api/v1/dags/{name}/runs?limit=3")["items"]
        return "\n".join(json.dumps(self.visitor.ask("scheduler", f"/api/v1/runs/{run['id']}")) for run in last)

    def charts(self):
        """What a reader of the dashboard sees now: the charts that draw, and those that do not."""
        charts = self.visitor.ask("bi-api", "/api/v1/dashboards/overview/data", {"time_range": "all"})["charts"]
        broken = {name: chart for name, chart in charts.items() if chart is None or "error" in chart}
        return charts, broken

    def check_dashboard(self):
        """A reader of the dashboard sees the rows, and no chart is broken."""
        def seen():
            charts, broken = self.charts()
            return broken or sum(row[-1] for row in charts["event_types"]["rows"])
        rows = int(self.sql("select count(*) from raw.events"))
        until(lambda: seen() == rows, 30, lambda: f"the dashboard shows {seen()} events instead of {rows}")

    def check_processes(self):
        for service in self.services.values():
            if service.process.poll() is not None:
                raise AssertionError(f"{service.label} ended by itself with {service.process.returncode}")
        def unready():
            return {label: health for label, health in ((label, service.health()) for label, service in self.services.items())
                    if health[0] != 200 or "warnings" in health[1]}
        restarted = collections.Counter()
        def settled():
            restarted.update(self.restart_who_asks())
            return not unready()
        until(settled, 30, lambda: f"not ready, or with warnings: {unready()}")
        if restarted and max(restarted.values()) > 2:
            raise AssertionError(f"asks for a restart again and again: {restarted}")

    def check_logs(self, allowed):
        for service in self.services.values():
            warnings = 0
            for line in service.new_lines():
                try:
                    level = json.loads(line)["level"]
                except (ValueError, KeyError, TypeError):
                    level = "not JSON"
                if level in ["error", "critical", "not JSON"] and not any(re.search(pattern, line) for pattern in allowed):
                    raise AssertionError(f"the log of {service.label}: {line[:2000]}")
                warnings += level == "warning"
            if warnings > WARNINGS_MAX:
                raise AssertionError(f"the log of {service.label} has {warnings} warnings about this step")

    def log_ends(self, lines=12):
        """The ends of all logs: where this runs, nobody may be able to look into files."""
        parts = []
        for name in sorted(os.listdir(os.path.join(self.folder, "logs"))):
            with open(os.path.join(self.folder, "logs", name), encoding="utf-8", errors="replace") as file:
                parts.append(f"--- the end of {name}\n" + "".join(line[:600].rstrip() + "\n" for line in collections.deque(file, lines)))
        return "".join(parts)
