"""Carries a history out with SQLMesh and records the rows of its views after each step.

    record.py FOLDER…

A folder has `history.yaml` and `project`, and gets `recording`: a file a step, with the tables that differ from those after the
step before. Runs in the virtual environment of scripts/compat-record. PostgreSQL is where POSTGRES_HOST and its kin point; a
database of its own is made there and dropped in the end.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

os.environ["SQLMESH__DISABLE_ANONYMIZED_ANALYTICS"] = "true"

import psycopg2
from ruamel.yaml import YAML
from sqlmesh import Context

DATABASE = "millrace_compat_sqlmesh"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def connect(database):
    connection = psycopg2.connect(
        host=os.environ["POSTGRES_HOST"], port=os.environ.get("POSTGRES_PORT", "5432"), user=os.environ["POSTGRES_USER"],
        password=os.environ["POSTGRES_PASSWORD"], dbname=database, options="-c timezone=UTC")
    connection.autocommit = True
    return connection


def query(connection, text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values or None)
        return cursor.fetchall() if cursor.description else []


def tables(connection, environment):
    """Every view of the environment: its columns with their types, and its rows as text, in an order of their own."""
    suffix = "" if environment == "prod" else f"__{environment}"
    found = {}
    for schema, view in query(connection, """
            SELECT table_schema, table_name FROM information_schema.views
            WHERE table_schema !~ '^(pg_|information_schema|sqlmesh)' ORDER BY 1, 2"""):
        if (schema.partition("__")[1] + schema.partition("__")[2]) != suffix:
            continue
        columns = query(connection, """
            SELECT attname, replace(format_type(atttypid, NULL), 'character varying', 'text') FROM pg_attribute
            WHERE attrelid = format('%%I.%%I', %s::text, %s::text)::regclass AND attnum > 0 ORDER BY attnum""", schema, view)
        texts = ", ".join(f'"{name}"::text' for name, _ in columns)
        rows = query(connection, f'SELECT {texts} FROM "{schema}"."{view}"')
        found[f"{schema.partition('__')[0]}.{view}"] = {
            "columns": [f"{name} {kind}" for name, kind in columns],
            "rows": sorted([list(row) for row in rows], key=lambda row: [(value is None, value or "") for value in row]),
        }
    return found


def prepare(connection, step, folder):
    for statement in step.get("sql", []):
        query(connection, statement)
    for path, text in step.get("write", {}).items():
        file = os.path.join(folder, path)
        if text is None:
            os.remove(file)
        else:
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "w", encoding="utf-8") as written:
                written.write(text)
    for path, (before, after) in step.get("edit", {}).items():
        file = os.path.join(folder, path)
        with open(file, encoding="utf-8") as read:
            text = read.read()
        if text.count(before) != 1:
            raise SystemExit(f"{step['step']}: {path} has {before!r} {text.count(before)} times")
        with open(file, "w", encoding="utf-8") as written:
            written.write(text.replace(before, after))


def connection_settings(project):
    """Where SQLMesh connects to, over what the project says: SQLMesh's settings from the environment."""
    with open(os.path.join(project, "config.yaml"), encoding="utf-8") as file:
        gateway = next(line.split()[1] for line in file if line.startswith("default_gateway:"))
    for name in [name for name in os.environ if name.startswith("SQLMESH__")]:
        del os.environ[name]  # the history's before this one
    for key, name in {"HOST": "HOST", "PORT": "PORT", "USER": "USER", "PASSWORD": "PASSWORD", "DATABASE": "DB"}.items():
        os.environ[f"SQLMESH__GATEWAYS__{gateway.upper()}__CONNECTION__{key}"] = os.environ[f"POSTGRES_{name}"]


def initialize(project, engine):
    """Replaces the project by what `sqlmesh init` makes, as it would have been in the first days of 2020: its seed's."""
    shutil.rmtree(project, ignore_errors=True)
    os.makedirs(project)
    program = os.path.join(os.path.dirname(sys.executable), "sqlmesh")
    subprocess.run([program, "init", engine], cwd=project, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(os.path.join(project, "logs"), ignore_errors=True)
    config = os.path.join(project, "config.yaml")
    with open(config, encoding="utf-8") as file:
        text = file.read()
    with open(config, "w", encoding="utf-8") as file:
        file.write(re.sub(r"(?m)^  start: \d{4}-\d\d-\d\d", "  start: 2020-01-01", text))


def carry_out(step, folder):
    # Every step is a process of its own for a user, who has no context that lives on.
    context = Context(paths=folder)
    at = str(step["at"])
    if "run" in step:
        status = context.run(step["run"], execution_time=at, end=at, skip_janitor=True)
        if not status.is_success and not status.is_nothing_to_do:
            raise SystemExit(f"{step['step']}: SQLMesh's run failed")
    else:
        options = {name: str(step[name]) for name in ("start", "end") if name in step}
        context.plan(
            step["plan"], execution_time=at, auto_apply=True, no_prompts=True, include_unmodified=True, skip_tests=True,
            enable_preview=False, restate_models=step.get("restate"), forward_only=step.get("forward_only"), **options)
    context.close()


def write(path, changes):
    """A row a line, so that a difference can be read."""
    def table(name, value):
        if value is None:
            return f'    {json.dumps(name)}: null'
        rows = ",\n".join("        " + json.dumps(row, ensure_ascii=False) for row in value["rows"])
        body = f"[\n{rows}\n      ]" if rows else "[]"
        return f'    {json.dumps(name)}: {{\n      "columns": {json.dumps(value["columns"])},\n      "rows": {body}\n    }}'

    environments = []
    for environment, found in changes.items():
        parts = ",\n".join(table(name, value) for name, value in found.items())
        environments.append(f'  {json.dumps(environment)}: {{\n{parts}\n  }}' if parts else f'  {json.dumps(environment)}: {{}}')
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(environments) + "\n}\n")


def record(folder):
    """Replaces the folder's recording."""
    with open(os.path.join(folder, "history.yaml"), encoding="utf-8") as file:
        history = YAML(typ="safe").load(file)
    steps = history["steps"]
    beginning = os.path.join(ROOT, history["project"]) if "project" in history else os.path.join(folder, "project")
    if "init" in history:
        initialize(beginning, history["init"])
    recording = os.path.join(folder, "recording")
    shutil.rmtree(recording, ignore_errors=True)
    os.makedirs(recording)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SQLMESH_HOME"] = scratch
        project = os.path.join(scratch, "project")
        shutil.copytree(beginning, project)
        connection_settings(project)
        os.chdir(project)
        connection = connect(DATABASE)
        seen = {}
        for number, step in enumerate(steps, 1):
            print(f"{number:2} {step['step']}", flush=True)
            prepare(connection, step, project)
            carry_out(step, project)
            seen.setdefault(step.get("plan") or step["run"], {})
            changes = {}
            for environment, before in seen.items():
                now = tables(connection, environment)
                changes[environment] = {
                    model: now.get(model) for model in sorted(now | before) if now.get(model) != before.get(model)}
                seen[environment] = now
            name = step["step"].replace(",", "").replace(" ", "-")
            write(os.path.join(recording, f"{number:02}-{name}.json"), changes)
        connection.close()


def main(folders):
    administrator = connect(os.environ["POSTGRES_DB"])
    os.environ["POSTGRES_DB"] = DATABASE
    for folder in folders:
        print(folder)
        query(administrator, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        query(administrator, f"CREATE DATABASE {DATABASE}")
        try:
            record(folder)
        finally:
            query(administrator, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


if __name__ == "__main__":
    main([os.path.abspath(folder) for folder in sys.argv[1:]])
