"""The collector: single-event requests a second under wrk with keep-alive, acks=all, and p99 at half that load.

Requests a second are given per core that the collector used: answered requests over the CPU seconds (user and system) of
its process, because wrk and the broker share the machine's cores with it. Every answer counted is a 200 that Kafka has
acknowledged; the topic's growth is compared with the answers.
"""

import base64
import os
import re
import subprocess

from harness import Demo, ROOT, report, result

SECONDS = int(os.environ.get("BENCH_SECONDS", "15"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "64"))
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def messages(demo):
    lines = subprocess.run(
        ["kcat", "-b", f"127.0.0.1:{demo.kafka_port}", "-Q"] + [part for partition in range(6) for part in
                                                                ("-t", f"events:{partition}:-1")],
        check=True, capture_output=True, text=True).stdout.split("\n")
    return sum(int(line.split()[-1]) for line in lines if line)


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def load(demo, rate=0):
    """Requests a second, requests a CPU second, p99 in milliseconds."""
    pid = demo.pid("producer")
    key = base64.b64encode((demo.secret("collector") + ":").encode()).decode()
    environment = dict(os.environ, COLLECTOR_BASIC=key, COLLECTOR_RATE=str(rate),
                       COLLECTOR_CONNECTIONS=str(CONNECTIONS))
    before, cpu = messages(demo), cpu_seconds(pid)
    output = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{SECONDS}s", "--latency",
         "--script", os.path.join(ROOT, "Benchmarks", "collector.lua"),
         f"http://127.0.0.1:{demo.ports['producer']}/v1/track"],
        env=environment, check=True, capture_output=True, text=True).stdout
    cpu = cpu_seconds(pid) - cpu
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    grown = messages(demo) - before
    if grown < requests:
        raise RuntimeError(f"{requests} answers of 200, and {grown} messages in the topic")
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
    return per_second, requests / cpu, milliseconds(re.search(r"99%\s+(\S+)", output).group(1))


def main():
    with Demo(DEMO_HISTORY_DAYS=1, DEMO_USERS=10, DEMO_RATE=1) as demo:
        demo.script("stop-services")
        demo.script("start-services", "producer")
        load(demo)  # warms up
        full, per_core, _ = load(demo)
        _, _, p99 = load(demo, rate=int(full / 2))
    report("ingest_collector", [
        result("collector_rps", per_core, "req/s/core", "goal", 20_000, smaller_is_better=False),
        result("collector_rps_machine", full, "req/s", "goal of one core", 20_000, smaller_is_better=False),
        result("collector_p99_half", p99, "ms", "goal", 20, smaller_is_better=True),
    ])


if __name__ == "__main__":
    main()
