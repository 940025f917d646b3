"""The transformer's commands on a PostgreSQL of their own: what a person waits for, against the limits of the design.

models/projects.py has the projects. The SQL's own time is measured in psql, in the same run. BENCH_MODELS=200,2000 names the
chains' lengths; BENCH_ROUNDS the repetitions (5).
"""

import os
import shutil
import statistics
import time

from harness import Postgres, report, result
from models.projects import EVENTS, OWN_SQL, PENDING, article, chain, days_ago, fine
from models.tools import Millrace

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CHAINS = [int(text) for text in os.environ.get("BENCH_MODELS", "200,2000").split(",")]
NOOP_LIMIT_MS = {3: 50, 200: 100, 2000: 500}
STATEMENTS_LIMIT = 10


def limit(name, value, unit, most):
    return result(name, value, unit, "limit", most, smaller_is_better=True)


def milliseconds(usages):
    return statistics.median(usage.seconds for usage in usages) * 1000


def repeated(command):
    return [command() for _ in range(ROUNDS)]


def no_change(project, environment, count):
    """A plan that finds nothing to do: how long it takes, and how many statements."""
    plan = lambda: project.plan(environment)  # noqa: E731
    usages = repeated(plan)
    statements = project.postgres.statements(plan)
    return usages, [
        limit(f"noop_plan_{count}", milliseconds(usages), "ms", NOOP_LIMIT_MS.get(count, count / 4)),
        limit(f"noop_plan_{count}_statements", statements, "", STATEMENTS_LIMIT - 1),
    ]


def first_plans(postgres):
    """Databases in which nothing is yet, in turn with the same SQL in psql; then the one day that is missing since."""
    own, first, day = [], [], []
    for number in range(ROUNDS):
        name = f"article_{number}"
        postgres.copy(f"own_{number}")
        began = time.monotonic()
        postgres.psql(OWN_SQL, f"own_{number}")
        own.append(time.monotonic() - began)
        postgres.drop(f"own_{number}")
        postgres.copy(name)
        project = Millrace(postgres, name, article())
        first.append(project.apply("prod"))
        postgres.drop(name)
        postgres.copy(name)
        project.apply("prod", "--execution-time", days_ago(1))
        day.append(project.compute_missing())
        if number + 1 < ROUNDS:
            postgres.drop(name)
    return project, [
        result("first_plan_article", milliseconds(first) / 1000, "s", "its SQL and audits in psql, and 5 %",
               statistics.median(own) * 1.05, smaller_is_better=True),
        limit("run_one_day", milliseconds(day), "ms", 2310),
    ]


def edits(project):
    """A column is added, tried out in dev, promoted, and taken back."""
    edited, promoted, reverted = [], [], []
    project.edit()
    edited = repeated(lambda: project.plan("dev"))
    project.apply("dev")
    for _ in range(ROUNDS):
        promoted.append(project.apply("prod"))
        reverted.append(project.revert())
    return [
        limit("dev_plan_after_edit", milliseconds(edited), "ms", 100),
        limit("promote", milliseconds(promoted), "ms", 100),
        limit("revert", milliseconds(reverted), "ms", 100),
    ]


def intervals(postgres):
    postgres.copy("fine")
    project = Millrace(postgres, "fine", fine())
    usages = repeated(lambda: project.plan("fine"))
    pending = project.pending("fine")
    if pending < PENDING:
        raise RuntimeError(f"{pending} intervals are pending; {PENDING} were meant")
    return [
        limit("intervals_3m", milliseconds(usages), "ms", 100),
        limit("intervals_3m_peak", max(usage.peak_mib for usage in usages), "MiB", 40),
    ]


def chains(postgres):
    results = []
    for count in CHAINS:
        name = f"chain{count}"
        postgres.copy(name)
        project = Millrace(postgres, name, chain(count))
        first = project.apply("prod")
        results.append(limit(f"first_plan_{count}_empty", first.seconds, "s", 0.1 * count))
        usages, found = no_change(project, "prod", count)
        results += found
        if count == 200:
            results.append(limit("peak_memory_200", max(usage.peak_mib for usage in usages), "MiB", 40))
    return results


def main():
    shutil.rmtree(Millrace.folder_of_all, ignore_errors=True)
    with Postgres("transformer") as postgres:
        postgres.psql(EVENTS)
        project, results = first_plans(postgres)
        results.insert(0, limit("cli_start", milliseconds(repeated(project.help)), "ms", 20))
        results += no_change(project, "prod", 3)[1] + edits(project)
        results += intervals(postgres) + chains(postgres)
    report("transformer", results)


main()
