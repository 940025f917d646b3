"""The collector's part of the ingest suite: single-event requests under wrk with keep-alive, acks=all.

Requests a second are given per core that the collector used: answered requests over the CPU seconds (user and system) of
its process, because wrk and the broker share the machine's cores with it. Every answer counted is a 200; the topic must have
grown by at least as many messages. p99 is at half the rate of the full load.
"""

import base64
import os
import re
import signal
import subprocess
import urllib.request

from harness import OUTPUT, ROOT, free_port, result, wait_for

SECONDS = int(os.environ.get("BENCH_SECONDS", "15"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "64"))
TICKS = os.sysconf("SC_CLK_TCK")
KEY = "benchmark-key"


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def messages(brokers):
    topics = [part for partition in range(6) for part in ("-t", f"events:{partition}:-1")]
    lines = subprocess.run(["kcat", "-b", brokers, "-Q", *topics], check=True, capture_output=True, text=True).stdout
    return sum(int(line.split()[-1]) for line in lines.split("\n") if line)


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def load(brokers, pid, port, rate=0):
    """Requests a second, requests a CPU second, p99 in milliseconds."""
    environment = dict(os.environ, COLLECTOR_BASIC=base64.b64encode(f"{KEY}:".encode()).decode(),
                       COLLECTOR_RATE=str(rate), COLLECTOR_CONNECTIONS=str(CONNECTIONS))
    before, cpu = messages(brokers), cpu_seconds(pid)
    output = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{SECONDS}s", "--latency",
         "--script", os.path.join(ROOT, "Benchmarks", "collector.lua"), f"http://127.0.0.1:{port}/v1/track"],
        env=environment, check=True, capture_output=True, text=True).stdout
    cpu = cpu_seconds(pid) - cpu
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    grown = messages(brokers) - before
    if grown < requests:
        raise RuntimeError(f"{requests} answers of 200, and {grown} messages in the topic")
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
    return per_second, requests / cpu, milliseconds(re.search(r"99%\s+(\S+)", output).group(1))


def answers(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1).status == 200
    except OSError:
        return False


def measure(servers, binary):
    """Results of the collector. `servers` has brokers, new_topic() and start(); `binary` gives the path of a service."""
    servers.new_topic()
    keys, port = os.path.join(OUTPUT, "collector-keys"), free_port()
    with open(keys, "w", encoding="utf-8") as file:
        file.write("keys: [{name: benchmark, key: %s}]\n" % KEY)
    process = servers.start([binary("producer"), "serve"], COLLECTOR_KEYS_FILE=keys, HTTP_PORT=port)
    try:
        wait_for(lambda: answers(port), 30, "start of the collector")
        load(servers.brokers, process.pid, port)  # warms up
        full, per_core, _ = load(servers.brokers, process.pid, port)
        _, _, p99 = load(servers.brokers, process.pid, port, rate=int(full / 2))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    return [
        result("collector_rps", per_core, "req/s/core", "goal", 20_000, smaller_is_better=False),
        result("collector_rps_machine", full, "req/s", "goal of one core", 20_000, smaller_is_better=False),
        result("collector_p99_half", p99, "ms", "goal", 20, smaller_is_better=True),
    ]
