"""Millrace's transformer and SQLMesh as people run them: a process for each command, on one PostgreSQL."""

import datetime
import json
import os

from harness import OUTPUT, ROOT, measured
from models.projects import Project

TRANSFORMER = os.path.join(ROOT, ".build", os.environ.get("BENCH_CONFIGURATION", "release"), "transformer")
FIVE_MINUTES = datetime.timedelta(minutes=5)


class Millrace(Project):
    name = "millrace"
    folder_of_all = os.path.join(OUTPUT, "transformer")

    def __init__(self, postgres, name, models):
        """Works in the database of that name."""
        self.postgres = postgres
        super().__init__(os.path.join(self.folder_of_all, name), "model_defaults:\n  dialect: postgres\n", models)
        self.environment = dict(
            postgres.environment, POSTGRES_DB=name, MILLRACE_PIPELINE=str(self.folder), KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
            LOG_LEVEL="error", PATH=os.environ["PATH"])

    def run(self, *arguments):
        return measured([TRANSFORMER, *arguments], self.environment)

    def help(self):
        return self.run("--help")

    def plan(self, environment, *options):
        """Shows it."""
        return self.run("plan", environment, "--no-prompts", *options)

    def apply(self, environment, *options):
        return self.run("apply", environment, *options)

    def compute_missing(self):
        return self.run("run")

    def revert(self):
        return self.run("rollback", "prod")

    def pending(self, environment):
        """How many intervals of five minutes a plan would compute."""
        plan = json.loads(self.run("plan", environment, "--json").output)
        spans = [span for work in plan["toCompute"] for span in work["intervals"]]
        return sum((instant(span["to"]) - instant(span["from"])) // FIVE_MINUTES for span in spans)


def instant(text):
    """As `plan --json` writes it."""
    return datetime.datetime.fromisoformat(text)


class SQLMesh(Project):
    name = "sqlmesh"
    folder_of_all = os.path.join(OUTPUT, "sqlmesh")

    def __init__(self, postgres, name, models):
        """Works in the database of that name."""
        own = postgres.environment
        super().__init__(
            os.path.join(self.folder_of_all, name),
            "gateways:\n  bench:\n    connection:\n      type: postgres\n"
            f"      host: {own['POSTGRES_HOST']}\n      port: {own['POSTGRES_PORT']}\n      user: {own['POSTGRES_USER']}\n"
            f"      password: {own['POSTGRES_PASSWORD']}\n      database: {name}\n      concurrent_tasks: 4\n"
            "default_gateway: bench\nmodel_defaults:\n  dialect: postgres\n", models)
        self.program = os.path.join(os.path.dirname(os.environ["SQLMESH_PYTHON"]), "sqlmesh")
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "SQLMESH_HOME": str(self.folder / "home"),
            "SQLMESH__DISABLE_ANONYMIZED_ANALYTICS": "true", "NO_COLOR": "1"}

    def run(self, *arguments):
        return measured(
            [self.program, "--ignore-warnings", "--log-file-dir", str(self.folder / "logs"), "-p", str(self.folder), *arguments],
            self.environment)

    def help(self):
        return self.run("--help")

    def plan(self, environment, *options):
        """Shows it."""
        return self.run("plan", environment, "--no-prompts", "--explain", *options)

    def apply(self, environment, *options):
        return self.run("plan", environment, "--no-prompts", "--auto-apply", *options)

    def compute_missing(self):
        return self.run("run")

    def revert(self):
        """It has no command for it: what was before is planned again."""
        self.take_back()
        return self.apply("prod")
