"""Ingest: page views of about 200 bytes from a topic of six partitions into a typed table with its payload.

raw-sink, a loop in C (landing/reference.c) and one in Python (landing/copy_loop.py) land the same backlog in turn, one
process each; rates are from the start of the process to the last row, CPU is the process's own. BENCH_EVENTS, BENCH_ROUNDS
and BENCH_FLAT_STEPS make it shorter, BENCH_ONLY names some of land, unique, memory, flat, collector.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

from harness import OUTPUT, ROOT, free_port, report, result, wait_for

EVENTS = int(os.environ.get("BENCH_EVENTS", "2000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
FLAT_STEPS = int(os.environ.get("BENCH_FLAT_STEPS", "10"))
ONLY = os.environ.get("BENCH_ONLY", "land unique memory flat collector").split()
STEADY_RATE, STEADY_SECONDS = 40_000, 15
LANDING = os.path.join(ROOT, "Benchmarks", "landing")
TICKS = os.sysconf("SC_CLK_TCK")


def own_python():
    """Goes on in a Python that has the suite's libraries, made once."""
    home = os.path.join(OUTPUT, "venv")
    python = os.path.join(home, "bin", "python")
    if sys.prefix == home:
        return
    if not os.path.exists(os.path.join(home, "ready")):
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
                        "-r", os.path.join(LANDING, "requirements.txt")], check=True)
        with open(os.path.join(home, "ready"), "w", encoding="ascii"):
            pass
    os.execv(python, [python, *sys.argv])


def compile_reference():
    path = os.path.join(OUTPUT, "reference")
    include = subprocess.run(["pg_config", "--includedir"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", path, os.path.join(LANDING, "reference.c"), f"-I{include}",
                    "-lrdkafka", "-lpq"], check=True)
    return path


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 1024


class Contender:
    """A program that lands the topic: how it is started, and where its offsets show."""

    def __init__(self, name, offsets, command):
        self.name, self.offsets, self.command = name, offsets, command
        self.rates, self.cpu = [], []

    def start(self, servers, **settings):
        # A group of its own each time: nobody waits for a member that is gone.
        group = f"{self.name}-{time.monotonic_ns()}"
        self.port = free_port()
        return servers.start(self.command(group), SINK_GROUP=group, SINK_INSTANCE=group, HTTP_PORT=self.port,
                             **settings)

    def is_ready(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status == 200
        except OSError:
            return False

    def landed(self, servers):
        return servers.number(f"SELECT coalesce(sum(next_offset), 0)::bigint FROM {self.offsets}")

    def land(self, servers, events, **settings):
        """Seconds until the backlog has landed, and the CPU that took."""
        began = time.monotonic()
        process = self.start(servers, **settings)
        try:
            while self.landed(servers) < events:
                if process.poll() is not None or time.monotonic() - began > 900:
                    raise RuntimeError(f"{self.name} did not land the backlog; see contenders.log")
                time.sleep(0.05)
            return time.monotonic() - began, cpu_seconds(process.pid)
        finally:
            finish(process)


def finish(process):
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def contenders(servers, binary, reference):
    def arguments(group):
        return [servers.brokers, "events", group, servers.conninfo, "bench.events", "bench.offsets", "50000"]

    return [
        Contender("raw-sink", "raw._sink_offsets", lambda group: [binary("raw-sink"), "run"]),
        Contender("c", "bench.offsets", lambda group: [reference, *arguments(group)]),
        Contender("python", "bench.offsets",
                  lambda group: [sys.executable, os.path.join(LANDING, "copy_loop.py"), *arguments(group)]),
    ]


def simulate(servers, count, rate=0, seed=11):
    began = time.monotonic()
    servers.run("producer", "simulate", "--scenario", "page-views", "--seed", str(seed), "--users", "20000", "--count",
                str(count), "--rate", str(rate))
    return count / (time.monotonic() - began)


def land(servers, field):
    servers.new_topic()
    produced = [simulate(servers, EVENTS)]
    for _ in range(ROUNDS):
        for contender in field:
            servers.forget(rows=True)
            seconds, cpu = contender.land(servers, EVENTS)
            contender.rates.append(EVENTS / seconds)
            contender.cpu.append(cpu)
            print(f"{contender.name}: {EVENTS / seconds:,.0f} rows/s, CPU {cpu:.2f} s", flush=True)
    median = statistics.median
    sink, c, python = field
    return [
        result("land_vs_c", median(sink.rates), "rows/s", "C, librdkafka and libpq", median(c.rates), False),
        result("land_vs_python_copy", median(sink.rates), "rows/s", "Python, confluent-kafka and psycopg",
               median(python.rates), False),
        result("land_cpu_vs_c", median(sink.cpu), "CPU s", "C, librdkafka and libpq", median(c.cpu), True),
        result("simulate_rate", median(produced), "events/s", "goal", 300_000, False),
    ]


def unique_pipeline():
    """The suite's pipeline with a window in which an event id may land once."""
    folder = os.path.join(OUTPUT, "unique")
    shutil.copytree(os.path.join(LANDING, "pipeline"), folder, dirs_exist_ok=True)
    path = os.path.join(folder, "contracts", "events.yaml")
    with open(path, encoding="utf-8") as file:
        contract = file.read()
    for old, new in [("{name: event_id, logicalType: string}", "{name: event_id, logicalType: string, unique: true}"),
                     ("      - {property: key,", "      - {property: uniqueWindow, value: 1 hour}\n"
                                                  "      - {property: key,")]:
        if contract.count(old) != 1:
            raise RuntimeError(f"{path} has no {old!r}")
        contract = contract.replace(old, new)
    with open(path, "w", encoding="utf-8") as file:
        file.write(contract)
    return folder


def unique(servers, sink):
    """What it costs to drop repetitions, on events of which none is one."""
    folder = unique_pipeline()
    servers.new_topic()
    simulate(servers, EVENTS)
    plain, window = [], []
    for _ in range(ROUNDS):
        for rates, settings in [(plain, {}), (window, {"MILLRACE_PIPELINE": folder})]:
            servers.forget(rows=True)
            seconds, _ = sink.land(servers, EVENTS, **settings)
            rates.append(EVENTS / seconds)
    return [result("land_unique", statistics.median(window), "rows/s", "without a window", statistics.median(plain),
                   False)]


def memory(servers, sink):
    """Peak of resident memory while events come at a steady rate; the sink has its partitions before they begin."""
    servers.new_topic()
    servers.forget(rows=True)
    process = sink.start(servers)
    try:
        wait_for(sink.is_ready, 60, "readiness of the sink")
        events = STEADY_RATE * STEADY_SECONDS
        simulate(servers, events, rate=STEADY_RATE)
        wait_for(lambda: sink.landed(servers) >= events, 120, "landing of the steady events")
        peak = peak_mib(process.pid)
        used = cpu_seconds(process.pid)
    finally:
        finish(process)
    return [result("land_memory_mib", peak, "MiB", "limit", 64, True),
            result("land_steady_cpu", used / STEADY_SECONDS, "cores", "one core", 1, True)]


def flat(servers, sink):
    """What a row costs when millions are there already, against the first million. Rows stay, the topic is made anew."""
    servers.forget(rows=True)
    costs = []
    for step in range(FLAT_STEPS):
        servers.new_topic()
        simulate(servers, EVENTS // 2, seed=step)
        seconds, _ = sink.land(servers, EVENTS // 2)
        costs.append(seconds / (EVENTS // 2) * 1e6)
        print(f"rows {step * EVENTS // 2:,} and on: {costs[-1]:.2f} µs a row", flush=True)
    edge = max(1, FLAT_STEPS // 5)
    return [result("land_row_cost_late", statistics.median(costs[-edge:]), "µs/row", "the first rows",
                   statistics.median(costs[:edge]), True)]


def main():
    own_python()
    from landing.servers import Servers, binary
    results = []
    reference = compile_reference()
    with Servers() as servers:
        field = contenders(servers, binary, reference)
        if "land" in ONLY:
            results += land(servers, field)
        if "unique" in ONLY:
            results += unique(servers, field[0])
        if "memory" in ONLY:
            results += memory(servers, field[0])
        if "flat" in ONLY:
            results += flat(servers, field[0])
        if "collector" in ONLY:
            from ingest_collector import measure
            results += measure(servers, binary)
    report("ingest", results)


main()
