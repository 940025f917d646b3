"""Ingest: raw-sink's rows a second on a backlog, beside `kcat | psql \\copy` of the same messages, in turn.

raw-sink validates every event, types its columns and moves its offsets in the same transaction; the baseline does
neither: it copies each message as one text value.
"""

import os
import statistics
import subprocess
import time

from harness import Demo, ROOT, report, result, wait_for

EVENTS = int(os.environ.get("BENCH_EVENTS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))


def produce(demo):
    environment = dict(os.environ, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{demo.kafka_port}",
                       MILLRACE_PIPELINE=os.path.join(ROOT, "Pipelines/web-analytics"))
    began = time.monotonic()
    subprocess.run([os.path.join(ROOT, ".build/release/producer"), "simulate", "--scenario", "page-views", "--seed", "11",
                    "--users", "20000", "--count", str(EVENTS), "--rate", "0"],
                   env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return EVENTS / (time.monotonic() - began)


def sink_round(demo):
    """Seconds from the start of raw-sink until the last of the backlog is committed."""
    landed = "select coalesce(sum(next_offset), 0) from raw._sink_offsets where topic = 'events'"
    before = int(demo.psql(landed))
    demo.script("stop-services")
    produce_rate = produce(demo)
    began = time.monotonic()
    demo.script("start-services", "raw-sink")
    wait_for(lambda: int(demo.psql(landed)) >= before + EVENTS, 600, "landing of the backlog")
    return EVENTS / (time.monotonic() - began), produce_rate


def copy_round(demo):
    """Every message of the topic, piped from kcat into one text column."""
    demo.psql("drop table if exists public.bench_copy; create table public.bench_copy (payload text)")
    environment = dict(os.environ, PGPASSWORD=demo.secret("postgres"))
    began = time.monotonic()
    subprocess.run(
        ["bash", "-o", "pipefail", "-c",
         f"kcat -b 127.0.0.1:{demo.kafka_port} -C -q -e -X receive.message.max.bytes=1000000000 -t events -o beginning"
         f" | psql -h 127.0.0.1 -p {demo.postgres_port} -U millrace -d millrace -qX -v ON_ERROR_STOP=1 -c"
         " \"\\copy public.bench_copy from stdin with (format csv, delimiter E'\\x01', quote E'\\x02')\""],
        env=environment, check=True, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    copied = int(demo.psql("select count(*) from public.bench_copy"))
    if copied < EVENTS:
        raise RuntimeError(f"the baseline copied {copied} of {EVENTS} messages")
    return copied / seconds


def main():
    sink, copy, produced = [], [], []
    for _ in range(ROUNDS):
        with Demo(DEMO_HISTORY_DAYS=1, DEMO_USERS=10, DEMO_RATE=1) as demo:
            rate, produce_rate = sink_round(demo)
            sink.append(rate)
            produced.append(produce_rate)
            copy.append(copy_round(demo))
    median = statistics.median
    report("ingest", [
        result("land_vs_kcat_copy", median(sink), "rows/s", "kcat | psql \\copy of the same messages", median(copy),
               smaller_is_better=False),
        result("simulate_rate", median(produced), "events/s", "goal", 300_000, smaller_is_better=False),
    ])


main()
