"""The transformer's commands on a PostgreSQL of their own: what a person waits for, against the limits of the design.

Two projects: three incremental models over 1,000,000 events of 90 days, as the article has them; and chains of N incremental
models with eight computed columns each, a join in every fifth, and an audit each. The SQL's own time is measured in psql, in
the same run. BENCH_MODELS=200,2000 names the chains' lengths; BENCH_ROUNDS the repetitions (5).
"""

import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import time

from harness import OUTPUT, ROOT, Postgres, report, result

TRANSFORMER = os.path.join(ROOT, ".build", os.environ.get("BENCH_CONFIGURATION", "release"), "transformer")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CHAINS = [int(text) for text in os.environ.get("BENCH_MODELS", "200,2000").split(",")]
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
DAYS = 90
NOOP_LIMIT_MS = {3: 50, 200: 100, 2000: 500}

MODELS = {
    "pageviews": """MODEL (name mart.pageviews, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 30),
  start '{start}', audits (not_null(columns := (user_id))));
SELECT event_id, user_id, url, ts FROM raw.page_events
WHERE event = 'page_view' AND ts BETWEEN @start_dt AND @end_dt
""",
    "sessions": """MODEL (name mart.sessions, kind INCREMENTAL_BY_TIME_RANGE (time_column started_at, batch_size 30, lookback 1),
  start '{start}', audits (unique_values(columns := (session_id)), not_null(columns := (user_id))));
SELECT user_id || '-' || ts::date AS session_id, user_id, MIN(ts) AS started_at, COUNT(*) AS events
FROM raw.page_events WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY user_id, ts::date
""",
    "daily_active_users": """MODEL (name mart.daily_active_users,
  kind INCREMENTAL_BY_TIME_RANGE (time_column day, batch_size 30), start '{start}', audits (not_null(columns := (day))));
SELECT ts::date AS day, COUNT(DISTINCT user_id) AS users, COUNT(*) AS views
FROM mart.pageviews WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY ts::date
""",
}


class Project:
    """A pipeline folder, and `transformer` run on it."""

    def __init__(self, postgres, name, models):
        self.postgres = postgres
        self.folder = pathlib.Path(OUTPUT, "transformer", name)
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "models").mkdir(parents=True)
        self.write("config.yaml", "model_defaults:\n  dialect: postgres\n")
        for model, text in models.items():
            self.write(f"models/{model}.sql", text)

    def write(self, path, text):
        (self.folder / path).write_text(text, encoding="utf-8")

    def read(self, path):
        return (self.folder / path).read_text(encoding="utf-8")

    def run(self, *arguments):
        """Runs a command; returns its seconds on the clock and the highest memory of any command so far, in MiB."""
        environment = dict(
            self.postgres.environment, MILLRACE_PIPELINE=str(self.folder), KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
            LOG_LEVEL="error", PATH=os.environ["PATH"])
        began = time.monotonic()
        done = subprocess.run([TRANSFORMER, *arguments], env=environment, check=False, capture_output=True, text=True)
        seconds = time.monotonic() - began
        if done.returncode != 0:
            raise RuntimeError(f"transformer {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return seconds

    def median_ms(self, *arguments):
        return statistics.median(self.run(*arguments) for _ in range(ROUNDS)) * 1000


def peak_mib(project, *arguments):
    """The highest resident memory of one command."""
    child = os.fork()
    if child == 0:
        try:
            project.run(*arguments)
            usage = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            pathlib.Path(OUTPUT, "transformer", "peak").write_text(str(usage), encoding="ascii")
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError(f"transformer {' '.join(arguments)} failed")
    return int(pathlib.Path(OUTPUT, "transformer", "peak").read_text(encoding="ascii")) / 1024


def chain(count):
    models = {}
    for number in range(count):
        source = f"chain.m{number - 1}" if number else "raw.chain"
        join = f" JOIN chain.m{number // 2} AS o ON o.id = t.id AND o.ts = t.ts" if number % 5 == 4 else ""
        columns = ", ".join(f"t.c{column} + {number} AS c{column}" for column in range(8))
        models[f"m{number}"] = (
            f"MODEL (name chain.m{number}, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), start '2026-01-01', "
            f"audits (not_null(columns := (id))));\n"
            f"SELECT t.id, t.ts, {columns} FROM {source} AS t{join} WHERE t.ts BETWEEN @start_dt AND @end_dt\n")
    return models


def limit(name, value, unit, most):
    return result(name, value, unit, "limit", most, smaller_is_better=True)


def article(postgres):
    postgres.psql(f"""
        CREATE SCHEMA raw;
        CREATE TABLE raw.page_events AS SELECT n::text AS event_id, 'u' || (n * 7919 % 20000) AS user_id,
          CASE WHEN n % 3 = 0 THEN 'click' ELSE 'page_view' END AS event, '/p/' || n % 500 AS url,
          date_trunc('day', now() at time zone 'utc') - make_interval(days => {DAYS})
            + n * (interval '{DAYS} days' / {ROWS}) AS ts
        FROM generate_series(0, {ROWS - 1}) AS n;
        CREATE INDEX ON raw.page_events (ts);
        ANALYZE raw.page_events""")
    start = postgres.psql(f"SELECT (now() at time zone 'utc')::date - {DAYS}")
    models = {name: text.format(start=start) for name, text in MODELS.items()}
    project = Project(postgres, "article", models)
    results = [limit("cli_start", project.median_ms("--help"), "ms", 20)]

    sql = []
    for _ in range(3):
        began = time.monotonic()
        postgres.psql("""
            DROP SCHEMA IF EXISTS own CASCADE;
            CREATE SCHEMA own;
            CREATE TABLE own.pageviews AS SELECT event_id, user_id, url, ts FROM raw.page_events WHERE event = 'page_view';
            CREATE INDEX ON own.pageviews (ts);
            CREATE TABLE own.sessions AS SELECT user_id || '-' || ts::date AS session_id, user_id, MIN(ts) AS started_at,
              COUNT(*) AS events FROM raw.page_events GROUP BY user_id, ts::date;
            CREATE INDEX ON own.sessions (started_at);
            CREATE TABLE own.daily AS SELECT ts::date AS day, COUNT(DISTINCT user_id) AS users, COUNT(*) AS views
              FROM own.pageviews GROUP BY ts::date;
            SELECT count(*) FROM own.pageviews WHERE user_id IS NULL;
            SELECT count(*) FROM (SELECT session_id FROM own.sessions GROUP BY session_id HAVING count(*) > 1) AS a;
            SELECT count(*) FROM own.sessions WHERE user_id IS NULL""")
        sql.append(time.monotonic() - began)
    first = project.run("apply", "--environment", "prod")
    results.append(
        result("first_plan_article", first, "s", "its SQL and audits in psql, and 5 %", statistics.median(sql) * 1.05,
               smaller_is_better=True))
    results.append(limit("noop_plan_3", project.median_ms("plan", "--environment", "prod"), "ms", NOOP_LIMIT_MS[3]))
    results.append(limit("noop_plan_3_statements", postgres.statements(lambda: project.run("plan", "--environment", "prod")), "", 10))

    text = project.read("models/pageviews.sql")
    project.write("models/pageviews.sql", text.replace("url, ts FROM", "url, length(url) AS size, ts FROM"))
    results.append(limit("dev_plan_after_edit", project.median_ms("plan", "--environment", "dev"), "ms", 100))
    project.run("apply", "--environment", "dev")
    promote, revert = [], []
    for _ in range(ROUNDS):
        promote.append(project.run("apply", "--environment", "prod"))
        revert.append(project.run("rollback", "prod"))
    project.run("apply", "--environment", "prod")
    results.append(limit("promote", statistics.median(promote) * 1000, "ms", 100))
    results.append(limit("revert", statistics.median(revert) * 1000, "ms", 100))

    day = postgres.psql("SELECT (now() at time zone 'utc')::date - 1")
    again = statistics.median(project.run("backfill", "--start", day, "--end", day) for _ in range(ROUNDS))
    results.append(limit("run_one_day", again * 1000, "ms", 2310))
    return results


def intervals(postgres):
    """Ten models of five-minute intervals over so many years that 3,000,000 are pending."""
    models = {}
    for number in range(10):
        source = f"fine.m{number - 1}" if number else "raw.fine"
        models[f"m{number}"] = (
            f"MODEL (name fine.m{number}, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), cron '*/5 * * * *', "
            f"start '2023-01-01');\nSELECT id, ts FROM {source} WHERE ts BETWEEN @start_dt AND @end_dt\n")
    postgres.psql("CREATE TABLE raw.fine (id bigint, ts timestamp)")
    project = Project(postgres, "fine", models)
    return [
        limit("intervals_3m", project.median_ms("plan", "--environment", "fine"), "ms", 100),
        limit("intervals_3m_peak", peak_mib(project, "plan", "--environment", "fine"), "MiB", 40),
    ]


def chains(postgres):
    results = []
    columns = ", ".join(f"c{column} bigint" for column in range(8))
    postgres.psql(f"CREATE TABLE raw.chain (id bigint, ts timestamp, {columns})")
    for count in CHAINS:
        project = Project(postgres, f"chain{count}", chain(count))
        first = project.run("apply", "--environment", f"chain{count}", "--skip-tests")
        results.append(limit(f"first_plan_{count}_empty", first, "s", 0.1 * count))
        results.append(
            limit(f"noop_plan_{count}", project.median_ms("plan", "--environment", f"chain{count}"), "ms",
                  NOOP_LIMIT_MS.get(count, count / 4)))
        if count == 200:
            results.append(limit("peak_memory_200", peak_mib(project, "plan", "--environment", f"chain{count}"), "MiB", 40))
            results.append(
                limit("noop_plan_200_statements", postgres.statements(lambda: project.run("plan", "--environment", "chain200")), "", 10))
    return results


def main():
    shutil.rmtree(os.path.join(OUTPUT, "transformer"), ignore_errors=True)
    with Postgres("transformer") as postgres:
        results = article(postgres) + intervals(postgres) + chains(postgres)
    report("transformer", results)


main()
