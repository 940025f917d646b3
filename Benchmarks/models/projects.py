"""The projects that transformers are measured on, as files that SQLMesh reads too.

The article's: three incremental models over events of 90 days. Chains: N incremental models with eight computed columns each, a
join in every fifth, and an audit each. Fine: ten models of five minutes, of which so many are pending.
"""

import datetime
import os
import pathlib
import shutil

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
DAYS = 90
PENDING = 3_000_000

EVENTS = f"""
    CREATE SCHEMA raw;
    CREATE TABLE raw.page_events AS SELECT n::text AS event_id, 'u' || (n::bigint * 7919 % 20000) AS user_id,
      CASE WHEN n % 3 = 0 THEN 'click' ELSE 'page_view' END AS event, '/p/' || n % 500 AS url,
      date_trunc('day', now() at time zone 'utc') - make_interval(days => {DAYS})
        + n * (interval '{DAYS} days' / {ROWS}) AS ts
    FROM generate_series(0, {ROWS - 1}) AS n;
    CREATE INDEX ON raw.page_events (ts);
    CREATE TABLE raw.fine (id bigint, ts timestamp);
    CREATE TABLE raw.chain (id bigint, ts timestamp, {", ".join(f"c{column} bigint" for column in range(8))});
    ANALYZE"""

# What the article's models and audits ask of the database, each once and over all days.
OWN_SQL = """
    CREATE SCHEMA own;
    CREATE TABLE own.pageviews AS SELECT event_id, user_id, url, ts FROM raw.page_events WHERE event = 'page_view';
    CREATE INDEX ON own.pageviews (ts);
    CREATE TABLE own.sessions AS SELECT user_id || '-' || ts::date AS session_id, user_id, MIN(ts) AS started_at,
      COUNT(*) AS events FROM raw.page_events GROUP BY user_id, ts::date;
    CREATE INDEX ON own.sessions (started_at);
    CREATE TABLE own.daily_active_users AS SELECT ts::date AS day, COUNT(DISTINCT user_id) AS users, COUNT(*) AS views
      FROM own.pageviews GROUP BY ts::date;
    CREATE INDEX ON own.daily_active_users (day);
    SELECT count(*) FROM own.pageviews WHERE user_id IS NULL;
    SELECT count(*) FROM (SELECT session_id FROM own.sessions GROUP BY session_id HAVING count(*) > 1) AS a;
    SELECT count(*) FROM own.sessions WHERE user_id IS NULL;
    SELECT count(*) FROM own.daily_active_users WHERE day IS NULL"""


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def days_ago(count):
    return (today() - datetime.timedelta(days=count)).isoformat()


def article():
    start = days_ago(DAYS)
    return {
        "pageviews": f"""MODEL (name mart.pageviews, kind INCREMENTAL_BY_TIME_RANGE (time_column ts, batch_size 30),
  start '{start}', audits (not_null(columns := (user_id))));
SELECT event_id, user_id, url, ts FROM raw.page_events
WHERE event = 'page_view' AND ts BETWEEN @start_dt AND @end_dt
""",
        "sessions": f"""MODEL (name mart.sessions, kind INCREMENTAL_BY_TIME_RANGE (time_column started_at, batch_size 30, lookback 1),
  start '{start}', audits (unique_values(columns := (session_id)), not_null(columns := (user_id))));
SELECT user_id || '-' || ts::date AS session_id, user_id, MIN(ts) AS started_at, COUNT(*) AS events
FROM raw.page_events WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY user_id, ts::date
""",
        "daily_active_users": f"""MODEL (name mart.daily_active_users,
  kind INCREMENTAL_BY_TIME_RANGE (time_column day, batch_size 30), start '{start}', audits (not_null(columns := (day))));
SELECT ts::date AS day, COUNT(DISTINCT user_id) AS users, COUNT(*) AS views
FROM mart.pageviews WHERE ts BETWEEN @start_dt AND @end_dt GROUP BY ts::date
""",
    }


# The edit that adds a column: it is its own alone, and changes no reader.
EDIT = ("pageviews", "url, ts FROM", "url, length(url) AS size, ts FROM")


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


def fine():
    """The start is a day so long ago that more than PENDING intervals of five minutes are pending in all."""
    count = 10
    start = days_ago(PENDING // count // 288 + 1)
    models = {}
    for number in range(count):
        source = f"fine.m{number - 1}" if number else "raw.fine"
        models[f"m{number}"] = (
            f"MODEL (name fine.m{number}, kind INCREMENTAL_BY_TIME_RANGE (time_column ts), cron '*/5 * * * *', "
            f"start '{start}');\nSELECT id, ts FROM {source} WHERE ts BETWEEN @start_dt AND @end_dt\n")
    return models


class Project:
    """A folder with a project."""

    def __init__(self, folder, config, models):
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "models").mkdir(parents=True)
        self.write("config.yaml", config)
        for model, text in models.items():
            self.write(f"models/{model}.sql", text)

    def write(self, path, text):
        (self.folder / path).write_text(text, encoding="utf-8")

    def replace(self, model, before, after):
        path = self.folder / f"models/{model}.sql"
        text = path.read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise ValueError(f"{path} has {before!r} {text.count(before)} times")
        self.write(f"models/{model}.sql", text.replace(before, after))

    def edit(self):
        self.replace(*EDIT)

    def take_back(self):
        model, before, after = EDIT
        self.replace(model, after, before)
