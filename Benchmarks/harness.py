"""What the suites share: running the demo's scripts, reading memory, and the result table.

A result is {name, value, unit, baseline, baseline_value, ratio}; a ratio above 1 is better than the baseline.
"""

import json
import os
import secrets
import subprocess
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUTPUT = os.path.join(ROOT, ".millrace", "bench")
SERVICES = ["producer", "raw-sink", "transformer", "scheduler", "bi-api"]


def free_port():
    """A port that nobody else is given before its server listens."""
    return int(subprocess.run([os.path.join(ROOT, "scripts", "free-port")], check=True, capture_output=True, text=True).stdout)


class Demo:
    """A demo of its own, on free ports, under .millrace/bench/demo; gone when the block ends."""

    def __init__(self, **settings):
        self.directory = os.path.join(OUTPUT, "demo")
        self.ports = {name: free_port() for name in [*SERVICES, "simulator"]}
        self.kafka_port = free_port()
        self.postgres_port = free_port()
        self.environment = dict(os.environ)
        for name in ("KAFKA_BOOTSTRAP_SERVERS", "POSTGRES_HOST"):
            self.environment.pop(name, None)
        self.environment.update(
            {name.upper().replace("-", "_") + "_PORT": str(port) for name, port in self.ports.items()})
        self.environment.update(
            CONFIGURATION="release", DEMO_DIR=self.directory, DEMO_KAFKA_PORT=str(self.kafka_port),
            DEMO_POSTGRES_PORT=str(self.postgres_port), **{name: str(value) for name, value in settings.items()})

    def script(self, *arguments):
        subprocess.run([os.path.join(ROOT, "scripts", "demo"), *arguments], env=self.environment, check=True,
                       stdout=subprocess.DEVNULL)

    def __enter__(self):
        self.script("clean")
        try:
            self.script("start")
        except BaseException:
            self.script("clean")
            raise
        return self

    def __exit__(self, *_):
        self.script("clean")

    def pid(self, service):
        with open(os.path.join(self.directory, "run", service + ".pid"), encoding="ascii") as file:
            return int(file.read())

    def secret(self, name):
        with open(os.path.join(self.directory, "secrets", name), encoding="utf-8") as file:
            return file.read()

    def ready(self, service):
        try:
            url = f"http://127.0.0.1:{self.ports[service]}/readyz"
            return urllib.request.urlopen(url, timeout=1).status == 200
        except OSError:
            return False

    def psql(self, statement, **keywords):
        environment = dict(os.environ, PGPASSWORD=self.secret("postgres"))
        return subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", str(self.postgres_port), "-U", "millrace", "-d", "millrace", "-qAtX",
             "-v", "ON_ERROR_STOP=1", "-c", statement],
            env=environment, check=True, capture_output=True, text=True, **keywords).stdout.strip()


class Postgres:
    """A PostgreSQL of its own, under .millrace/bench; gone when the block ends."""

    def __init__(self, name):
        self.directory = os.path.join(OUTPUT, name + "-postgres")
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.environment = {
            "POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": str(self.port), "POSTGRES_USER": "millrace",
            "POSTGRES_PASSWORD": self.password, "POSTGRES_DB": "bench"}

    def _script(self, function, *arguments):
        subprocess.run(
            ["bash", "-c", f'source scripts/lib.sh; {function} "$@"', function, self.directory, *arguments],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def __enter__(self):
        os.makedirs(self.directory, exist_ok=True)
        self._script("postgres_remove")
        self._script("postgres_start", str(self.port), "millrace", self.password, "bench")
        return self

    def __exit__(self, *_):
        self._script("postgres_stop")
        self._script("postgres_remove")

    def psql(self, text, database="bench"):
        return subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "millrace", "-d", database, "-qAtX",
             "-v", "ON_ERROR_STOP=1", "-c", text],
            env=dict(os.environ, PGPASSWORD=self.password), check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def copy(self, name):
        """Makes a database that has what `bench` has, written out: no checkpoint of it falls into what is measured next."""
        self.psql(f"CREATE DATABASE {name} TEMPLATE bench", "postgres")
        self.psql("CHECKPOINT", "postgres")

    def drop(self, name):
        self.psql(f"DROP DATABASE {name} WITH (FORCE)", "postgres")

    def statements(self, body):
        """How many statements the server is given while `body` runs, beside those that only begin or end something."""
        log = os.path.join(self.directory, "cluster", "postgres.log")
        self.psql("ALTER SYSTEM SET log_statement = 'all'")
        self.psql("SELECT pg_reload_conf()")
        time.sleep(0.5)
        before = os.path.getsize(log)
        body()
        with open(log, encoding="utf-8", errors="replace") as file:
            file.seek(before)
            lines = [line for line in file if "LOG:  statement:" in line or "LOG:  execute" in line]
        self.psql("ALTER SYSTEM RESET log_statement")
        self.psql("SELECT pg_reload_conf()")
        minor = ("BEGIN", "COMMIT", "ROLLBACK", "SET ", "DISCARD")
        return sum(1 for line in lines if not line.split("LOG:", 1)[1].split(":", 1)[1].strip().startswith(minor))


class Usage:
    """What a command took, and what it said."""

    def __init__(self, seconds, peak_mib, output):
        self.seconds, self.peak_mib, self.output = seconds, peak_mib, output


def measured(command, environment):
    """Runs a command to its end: seconds on the clock, the highest resident memory of any of its processes, its output."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-4000:]}")
    return Usage(seconds, usage.ru_maxrss / 1024, text)


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds} s")
        time.sleep(0.01)


def pss_mib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/{pid}/smaps_rollup has no Pss line")


def result(name, value, unit, baseline, baseline_value, smaller_is_better):
    ratio = baseline_value / value if smaller_is_better else value / baseline_value
    return {"name": name, "value": round(value, 3), "unit": unit, "baseline": baseline,
            "baseline_value": round(baseline_value, 3), "ratio": round(ratio, 3)}


def report(suite, results):
    os.makedirs(OUTPUT, exist_ok=True)
    path = os.path.join(OUTPUT, suite + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=2)
        file.write("\n")
    width = max(len(entry["name"]) for entry in results)
    print(f"{'name':<{width}}  {'value':>14} {'unit':<8} {'baseline':>14}  {'ratio':>6}  against")
    for entry in results:
        print(f"{entry['name']:<{width}}  {entry['value']:>14,.2f} {entry['unit']:<8} {entry['baseline_value']:>14,.2f}"
              f"  {entry['ratio']:>6.2f}  {entry['baseline']}")
    print(f"written to {os.path.relpath(path, ROOT)}")
