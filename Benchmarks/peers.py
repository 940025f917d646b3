"""SQLMesh beside Millrace's transformer: the same projects, PostgreSQL and machine, in turn, round by round.

Each command is a process, as a person runs it. models/projects.py has the projects. BENCH_MODELS=200 names the chains' lengths,
BENCH_ROUNDS the repetitions (3). SQLMESH_PYTHON is the Python that has SQLMesh; scripts/bench sees to it.
"""

import collections
import os
import shutil
import statistics
import sys

from harness import Postgres, report, result
from models.projects import EVENTS, article, chain, days_ago, fine
from models.tools import Millrace, SQLMesh

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CHAINS = [int(text) for text in os.environ.get("BENCH_MODELS", "200").split(",")]


class Measurements:
    """What each command took with each of the two."""

    def __init__(self):
        self.usages = collections.defaultdict(list)

    def take(self, name, tool, command):
        usage = command()
        self.usages[name, tool.name].append(usage)
        print(f"{name} {tool.name} {usage.seconds:.3f} s {usage.peak_mib:.0f} MiB", file=sys.stderr, flush=True)

    def median(self, name, tool, value):
        return statistics.median(value(usage) for usage in self.usages[name, tool])

    def results(self):
        found = []
        for name in dict.fromkeys(name for name, _ in self.usages):
            for suffix, unit, value in [("", "s", lambda usage: usage.seconds), ("_peak", "MiB", lambda usage: usage.peak_mib)]:
                found.append(result(
                    name + suffix, self.median(name, "millrace", value), unit, "SQLMesh", self.median(name, "sqlmesh", value),
                    smaller_is_better=True))
        return found


def article_history(postgres, tool, number, measurements):
    """First plan, a day that is missing, no change, an edit in dev, promoted and taken back."""
    name = f"{tool.name}_article_{number}"
    postgres.copy(name)
    project = tool(postgres, name, article())
    measurements.take("cli_start", tool, project.help)
    measurements.take("first_plan_article", tool, lambda: project.apply("prod", "--execution-time", days_ago(1)))
    measurements.take("run_one_day", tool, project.compute_missing)
    measurements.take("noop_plan_3", tool, lambda: project.plan("prod"))
    rows = counts(postgres, name, "mart")
    project.edit()
    measurements.take("dev_plan_after_edit", tool, lambda: project.plan("dev"))
    measurements.take("dev_apply_after_edit", tool, lambda: project.apply("dev"))
    measurements.take("promote", tool, lambda: project.apply("prod"))
    measurements.take("revert", tool, project.revert)
    postgres.drop(name)
    return rows


def counts(postgres, database, schema):
    return {
        model: postgres.psql(f"SELECT count(*) || ' ' || sum(hashtext(m::text)::bigint) FROM {schema}.{model} m", database)
        for model in article()}


def intervals(postgres, tool, number, measurements):
    name = f"{tool.name}_fine_{number}"
    postgres.copy(name)
    project = tool(postgres, name, fine())
    measurements.take("intervals_3m", tool, lambda: project.plan("fine"))
    postgres.drop(name)


def main():
    for tool in (Millrace, SQLMesh):
        shutil.rmtree(tool.folder_of_all, ignore_errors=True)
    measurements = Measurements()
    with Postgres("peers") as postgres:
        postgres.psql(EVENTS)
        for number in range(ROUNDS):
            mine = article_history(postgres, Millrace, number, measurements)
            theirs = article_history(postgres, SQLMesh, number, measurements)
            if mine != theirs:
                raise RuntimeError(f"the tables differ: {mine} and {theirs}")
            for tool in (Millrace, SQLMesh):
                intervals(postgres, tool, number, measurements)
        for count in CHAINS:
            projects = []
            for tool in (Millrace, SQLMesh):
                name = f"{tool.name}_chain{count}"
                postgres.copy(name)
                projects.append(tool(postgres, name, chain(count)))
            for project in projects:
                measurements.take(f"first_plan_{count}_empty", project, lambda project=project: project.apply("prod"))
            for _ in range(ROUNDS):
                for project in projects:
                    measurements.take(f"noop_plan_{count}", project, lambda project=project: project.plan("prod"))
    report("peers", measurements.results())


main()
