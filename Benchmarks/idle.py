"""Idle: the five services of the demo, release build, one event a second. Memory is PSS; ready is /readyz of all five."""

import statistics
import time

from harness import Demo, SERVICES, pss_mib, report, result

MEMORY_LIMIT_MIB = 250
READY_LIMIT_S = 3


def main():
    with Demo(DEMO_HISTORY_DAYS=3, DEMO_RATE=1) as demo:
        starts = []
        for _ in range(5):
            demo.script("stop-services")
            began = time.monotonic()
            demo.script("start-services")
            waiting = set(SERVICES)
            while waiting:
                waiting = {name for name in waiting if not demo.ready(name)}
                if time.monotonic() - began > 60:
                    raise TimeoutError(f"not ready after 60 s: {', '.join(sorted(waiting))}")
                time.sleep(0.01)
            starts.append(time.monotonic() - began)
        # Long enough for two runs of the models, so that what they leave behind is counted.
        time.sleep(150)
        memory = {name: pss_mib(demo.pid(name)) for name in SERVICES}
    results = [
        result("total_pss_mib", sum(memory.values()), "MiB", "limit", MEMORY_LIMIT_MIB, smaller_is_better=True),
        result("ready_s", statistics.median(starts), "s", "limit", READY_LIMIT_S, smaller_is_better=True),
    ]
    results += [result(f"pss_mib_{name.replace('-', '_')}", memory[name], "MiB", "a fifth of the limit",
                       MEMORY_LIMIT_MIB / 5, smaller_is_better=True) for name in SERVICES]
    report("idle", results)


main()
