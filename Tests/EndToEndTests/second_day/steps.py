"""What people do on the second day. A feature that changes what they can do adds its step here, and to HISTORY.

A step has a name, `apply`, which does it, and `expect`, which says what must be true of it beyond what is true after every
step (World.check). `prepare` makes what it needs, so that steps come in any order; `again` does it a second time.
"""

import dataclasses
import os
import re

from .world import BINARIES, Service, until

#: Where the binaries of the previous commit are; scripts/second-day builds them.
PREVIOUS = os.environ.get("SECOND_DAY_PREVIOUS_BIN")
EVENTS = "select count(*) from raw.events"
PAGE_VIEWS = EVENTS + " where event = 'page_view'"


@dataclasses.dataclass
class Model:
    """A model, and a number that must be the same in its table (`actual`, over {}) and in the raw rows (`expected`)."""
    name: str
    actual: str
    expected: str
    file: str

    def view(self, environment):
        schema, name = self.name.split(".")
        return self.name if environment == "prod" else f"{schema}__{environment}.{name}"


def first_models():
    """Those of Pipelines/web-analytics."""
    return {name: Model(f"analytics.{name}", actual, expected, f"models/{name}.sql") for name, actual, expected in [
        ("event_types", "select sum(events) from {}", EVENTS),
        ("pageviews", "select count(*) from {}", PAGE_VIEWS),
        ("daily_active_users", "select sum(events) from {}", PAGE_VIEWS),
        ("sessions", "select sum(events) from {}", EVENTS)]}


class Step:
    name = "?"
    #: Lines of logs at level error that are right here.
    allowed = ()

    def prepare(self, world):
        pass

    def apply(self, world):
        raise NotImplementedError

    def expect(self, world):
        pass

    def again(self, world):
        """Without an edit, nothing is left to do, and nothing changes."""
        before = world.plan_of()
        world.apply()
        if world.plan_of() != before:
            raise AssertionError("a second apply made another plan")


# MARK: Models


class DescriptionChanged(Step):
    name = "description changed"

    def apply(self, world):
        world.edits[self.name] += 1
        self.model = world.models[world.chance.choice(sorted(world.models))]
        self.text = f"{self.model.name}, as described for the {world.edits[self.name]}. time."
        world.edit(self.model.file, (r"^  description '(?:[^']|'')*'", f"  description '{self.text}'"))
        world.apply()

    def expect(self, world):
        found = world.sql(f"select obj_description('{self.model.name}'::regclass)")
        if found != self.text:
            raise AssertionError(f"the view of {self.model.name} is described as {found}")


class ColumnAdded(Step):
    name = "column added"

    def apply(self, world):
        world.edits[self.name] += 1
        self.column = f"url_length_{world.edits[self.name]}"
        self.model = world.models["pageviews"]
        world.edit(self.model.file, (r"^  url,", f"  url,\n  LENGTH(url) AS {self.column},"))
        world.edit("tests/pageviews.yaml", (r"^    query:\n(      partial: true\n)?", "    query:\n      partial: true\n"))
        world.apply()

    def expect(self, world):
        if world.sql(f"select count(*) from {self.model.name} where {self.column} is distinct from length(url)") != "0":
            raise AssertionError(f"{self.model.name} has rows without {self.column}")
        def shown():
            return self.column in str(world.visitor.ask("bi-api", "/api/v1/catalogue"))
        until(shown, 30, f"the SQL page's catalogue does not show {self.column}")


def add_model(world):
    """A new model over the raw rows, and a view that reads it."""
    world.edits["model"] += 1
    key = f"extra_{world.edits['model']}"
    incremental = "kind INCREMENTAL_BY_TIME_RANGE (time_column day)"
    kind = world.chance.choice(["kind FULL", "kind VIEW", incremental])
    window = "\nWHERE timestamp BETWEEN @start_dt AND @end_dt" if kind == incremental else ""
    world.write(f"MODEL (\n  name analytics.{key},\n  {kind},\n  description 'Events a day.',\n  audits (not_null(columns := (day)))\n);\n\n"
                f"SELECT CAST(timestamp AS DATE) AS day, COUNT(*) AS events\nFROM raw.events{window}\nGROUP BY CAST(timestamp AS DATE)\n",
                "models", f"{key}.sql")
    world.write(f"MODEL (\n  name analytics.{key}_total,\n  kind VIEW,\n  description 'All events.'\n);\n\n"
                f"SELECT SUM(events) AS events FROM analytics.{key}\n", "models", f"{key}_total.sql")
    for name in [key, f"{key}_total"]:
        world.models[name] = Model(f"analytics.{name}", "select sum(events) from {}", EVENTS, f"models/{name}.sql")
    world.apply()
    return key


def need_extra(world):
    """The key of a model that a view reads, and no dashboard."""
    extras = sorted(key for key in world.models if f"{key}_total" in world.models)
    return world.chance.choice(extras) if extras else add_model(world)


class ModelAdded(Step):
    name = "model added, and one that reads it"

    def apply(self, world):
        add_model(world)


class BreakingChange(Step):
    name = "breaking change in dev, then promoted"
    column = "users"

    def apply(self, world):
        world.edits[self.name] += 1
        model = world.models["event_types"]
        old = re.search(r"COUNT\(DISTINCT user_id\) AS (\w+)", world.read(model.file))[1]
        new = f"visitors_{world.edits[self.name]}"
        for file in [model.file, "tests/event_types.yaml"]:
            world.edit(file, (rf"\b{old}\b", new))
        world.apply("dev")
        def has(environment, column):
            schema, name = model.view(environment).split(".")
            return world.sql("select count(*) from information_schema.columns where table_schema = "
                             f"'{schema}' and table_name = '{name}' and column_name = '{column}'") == "1"
        if not has("dev", new) or not has("prod", old):
            raise AssertionError("dev does not show the change, or prod does already")
        world.check()
        world.apply()
        if not has("prod", new) or has("prod", old):
            raise AssertionError("prod does not show the change")

    def expect(self, world):
        tables = [{model["name"]: model["table"] for model in world.visitor.ask(
            "transformer", f"/api/v1/environments/{environment}/models")["models"]} for environment in ["dev", "prod"]]
        if tables[0] != tables[1]:
            raise AssertionError(f"dev and prod say the same and have tables of their own: {tables}")


class ModelRenamed(Step):
    name = "model renamed with its readers"

    def apply(self, world):
        key = world.chance.choice(["pageviews", need_extra(world)])
        world.edits[self.name] += 1
        model = world.models[key]
        self.old, new = model.name, f"{re.sub(r'_r[0-9]+$', '', model.name)}_r{world.edits[self.name]}"
        for file in world.files("models", "tests", "audits", "dashboards"):
            text = world.read(file)
            world.write(re.sub(rf"\b{re.escape(self.old)}\b", new, text), file)
        file = f"models/{new.split('.')[1]}.sql"
        os.rename(world.path(model.file), world.path(file))
        world.models[key] = dataclasses.replace(model, name=new, file=file)
        world.apply()

    def expect(self, world):
        if world.sql(f"select to_regclass('{self.old}') is null") != "t":
            raise AssertionError(f"{self.old} is still there")


class ModelRemoved(Step):
    name = "model removed, with what reads it"

    def prepare(self, world):
        self.key = need_extra(world)

    def apply(self, world):
        self.gone = [world.models.pop(key) for key in [self.key, f"{self.key}_total"]]
        for model in self.gone:
            os.remove(world.path(model.file))
        world.apply()

    def expect(self, world):
        for model in self.gone:
            if world.sql(f"select to_regclass('{model.name}') is null") != "t":
                raise AssertionError(f"{model.name} is still there")


class EnvironmentRemoved(Step):
    name = "environment removed"

    def prepare(self, world):
        if "dev" not in world.environments:
            world.apply("dev")

    def apply(self, world):
        world.run("transformer", "environments", "--remove", "dev")
        del world.environments["dev"]

    def expect(self, world):
        if world.sql("select count(*) from information_schema.schemata where schema_name like '%\\_\\_dev'") != "0":
            raise AssertionError("schemas of dev are still there")

    def again(self, world):
        world.run("transformer", "environments", "--remove", "dev", code=None)


class RolledBack(Step):
    name = "promotion rolled back, and forth"

    def apply(self, world):
        before = world.environments["prod"]
        self.described = DescriptionChanged()
        self.described.apply(world)
        after = world.environments["prod"]
        for environment in [before, after]:
            world.run("transformer", "rollback", "prod")
            world.environments["prod"] = environment
            world.check()

    def expect(self, world):
        self.described.expect(world)


class ForwardOnly(Step):
    """A model that says forward_only: rows that are there stay as they are, in dev a part of them is tried out."""
    name = "forward-only change in dev, then promoted"

    def prepare(self, world):
        if "forward" not in world.models:
            world.write("MODEL (\n  name analytics.forward,\n  kind INCREMENTAL_BY_TIME_RANGE (time_column day, forward_only true),\n"
                        "  description 'Events a day, which keep the text that they were computed by.'\n);\n\n"
                        "SELECT CAST(timestamp AS DATE) AS day, COUNT(*) AS events, 0 AS revision\nFROM raw.events\n"
                        "WHERE timestamp BETWEEN @start_dt AND @end_dt\nGROUP BY CAST(timestamp AS DATE)\n", "models", "forward.sql")
            world.models["forward"] = Model("analytics.forward", "select sum(events) from {}", EVENTS, "models/forward.sql")
            world.apply()

    def apply(self, world):
        self.days = "select string_agg(day::text, ' ' order by day) from analytics.forward"
        before, table = world.sql(self.days), self.table(world)
        world.edits[self.name] += 1
        self.revision = world.edits[self.name]
        world.edit("models/forward.sql", (r"\d+ AS revision", f"{self.revision} AS revision"))
        world.apply("dev")
        # Dev shows its trial alone until it is promoted: what its runs add is not all of the rows.
        shown = world.sql("select string_agg(distinct revision::text, ' ') from analytics__dev.forward")
        if shown != str(self.revision):
            raise AssertionError(f"dev shows the revisions {shown} of {self.revision}")
        if str(self.revision) in world.sql("select string_agg(distinct revision::text, ' ') from analytics.forward").split():
            raise AssertionError("prod shows the trial of dev")
        world.apply()
        world.apply("dev")
        if self.table(world) != table or world.sql(self.days) != before:
            raise AssertionError("a forward-only change took prod another table, or days")

    def table(self, world):
        return {model["name"]: model["table"] for model in world.visitor.ask(
            "transformer", "/api/v1/environments/prod/models")["models"]}["analytics.forward"]

    def expect(self, world):
        # Today is computed each minute, by the new text; the days before are as they were.
        found = world.sql(f"select string_agg((revision = {self.revision})::text, ' ' order by day) from analytics.forward").split()
        if found[-1] != "true" or "true" in found[:-2]:
            raise AssertionError(f"which days have the new revision: {found}")


class StarReader(ForwardOnly):
    """What a forward-only model gains reaches who takes `*` of it, with the rows that are there."""
    name = "a column added to a forward-only model that another takes with *"

    def prepare(self, world):
        super().prepare(world)
        if "forward_all" not in world.models:
            world.write("MODEL (\n  name analytics.forward_all,\n  kind " + world.chance.choice(["VIEW", "FULL"]) + ",\n"
                        "  description 'All of them.'\n);\n\nSELECT * FROM analytics.forward\n", "models", "forward_all.sql")
            world.models["forward_all"] = Model(
                "analytics.forward_all", "select sum(events) from {}", EVENTS, "models/forward_all.sql")
            world.apply()

    def apply(self, world):
        world.edits[self.name] += 1
        self.column, table = f"urls_{world.edits[self.name]}", self.table(world)
        world.edit("models/forward.sql", (r" AS revision", f" AS revision, COUNT(DISTINCT url) AS {self.column}"))
        world.apply("dev")
        if self.column in self.columns(world, "analytics") or self.column not in self.columns(world, "analytics__dev"):
            raise AssertionError("prod has the column of dev, or dev does not have it")
        world.apply()
        world.apply("dev")
        if self.table(world) != table:
            raise AssertionError("a column more took prod another table")

    def columns(self, world, schema):
        return world.sql("select string_agg(column_name, ' ') from information_schema.columns"
                         f" where table_schema = '{schema}' and table_name = 'forward_all'").split()

    def expect(self, world):
        # Today is computed each minute, by the new text; the days before it do not have the column.
        found = world.sql(f"select string_agg(({self.column} is not null)::text, ' ' order by day) from analytics.forward_all").split()
        if found[-1] != "true" or "true" in found[:-2]:
            raise AssertionError(f"which days have {self.column}: {found}")


class WeekRestated(Step):
    name = "a week restated, rows that were mended in raw"

    def apply(self, world):
        """Rows of the first day are given to another user by hand, which no landing tells."""
        world.edits[self.name] += 1
        self.user = f"mended-{world.edits[self.name]}"
        self.day = world.sql("select min((timestamp at time zone 'UTC')::date) from raw.events where event = 'page_view'")
        where = f"event = 'page_view' and (timestamp at time zone 'UTC')::date = '{self.day}'"
        world.sql(f"update raw.events set user_id = '{self.user}' where (_partition, _offset) in"
                  f" (select _partition, _offset from raw.events where {where} order by 1, 2 limit 5)")
        if world.sql(self.mended(world)) != "0":
            raise AssertionError("nothing has been restated yet, and the model has the rows")
        self.restate(world)

    def mended(self, world):
        return f"select coalesce(sum(events), 0) from {world.models['daily_active_users'].name} where user_id = '{self.user}'"

    def restate(self, world):
        world.run("transformer", "plan", "--auto-apply", "--no-prompts", "--restate-model", f"{world.models['pageviews'].name}+",
                  "--start", world.sql(f"select '{self.day}'::date - 3"), "--end", world.sql(f"select '{self.day}'::date + 3"))

    def expect(self, world):
        if world.sql(self.mended(world)) != "5":
            raise AssertionError(f"the readers of what was restated have {world.sql(self.mended(world))} of 5 page views")
        def shown():
            rows = world.visitor.ask("bi-api", "/api/v1/dashboards/overview/data", {"time_range": "all"})["charts"]["daily_active_users"]["rows"]
            users = world.sql(f"select count(*) from {world.models['daily_active_users'].name} where day = '{self.day}'")
            return any(row[0].startswith(self.day) and str(row[-1]) == users for row in rows)
        until(shown, 60, "the dashboard does not show the users of the day that was restated")

    def again(self, world):
        self.restate(world)
        self.expect(world)


class HistoryKept(Step):
    """SCD_TYPE_2: what a source said before it was changed."""
    name = "a history of plans added, then its source changes"

    def prepare(self, world):
        world.sql("create schema if not exists crm; create table if not exists crm.customers (id int, plan text)")
        if "plans" not in world.models:
            world.write("MODEL (\n  name analytics.plans,\n  kind SCD_TYPE_2_BY_COLUMN (unique_key id, columns (plan), invalidate_hard_deletes true),\n"
                        "  description 'Which plan each customer had when.'\n);\n\nSELECT id, plan FROM crm.customers\n", "models", "plans.sql")
            world.models["plans"] = Model(
                "analytics.plans", "select coalesce(string_agg(id || plan, ' ' order by id), '') from {} where valid_to is null",
                "select coalesce(string_agg(id || plan, ' ' order by id), '') from crm.customers", "models/plans.sql")
            world.sql("insert into crm.customers values (1, 'basic'), (2, 'basic')")
            world.apply()

    def apply(self, world):
        world.edits[self.name] += 1
        self.number = world.edits[self.name]
        self.before = int(world.sql("select count(*) from analytics.plans"))
        world.sql(f"update crm.customers set plan = 'plan-{self.number}' where id = 1; insert into crm.customers values ({10 + self.number}, 'new')")
        # Nothing lands: a run at the next tick, which is a minute away at most, takes it up.
        until(lambda: self.takes_up(world), 150, "the history does not take up what its source says")

    def takes_up(self, world):
        world.run("transformer", "run")
        return world.sql(f"select count(*) from analytics.plans where id = 1 and plan = 'plan-{self.number}' and valid_to is null") == "1"

    def expect(self, world):
        rows = world.sql("select count(*) || ' ' || count(*) filter (where valid_to is not null and valid_to < valid_from) from analytics.plans")
        if rows != f"{self.before + 2} 0":
            raise AssertionError(f"{self.before} rows, of which one changed, and one new: {rows}")
        if world.sql("select count(*) from (select id from analytics.plans where valid_to is null group by id having count(*) > 1) as twice") != "0":
            raise AssertionError("a customer has two plans")

    def again(self, world):
        super().again(world)
        self.expect(world)


class SeedEdited(Step):
    name = "seed added, then edited"

    def apply(self, world):
        os.makedirs(world.path("seeds"), exist_ok=True)
        world.edits[self.name] += 1
        self.count = world.edits[self.name] + 1
        rows = "".join(f"region-{number},{number * 1.5}\n" for number in range(self.count))
        world.write(f"region,share\n{rows}", "seeds", "regions.csv")
        if "regions" not in world.models:
            world.write("MODEL (\n  name analytics.regions,\n  kind SEED (path '../seeds/regions.csv'),\n"
                        "  description 'Regions.',\n  audits (unique_values(columns := (region)))\n);\n", "models", "regions.sql")
        world.models["regions"] = Model("analytics.regions", "select count(*) from {}", f"select {self.count}", "models/regions.sql")
        world.apply()

    def expect(self, world):
        # What other environments show is what was promoted there.
        if float(world.sql("select max(share) from analytics.regions")) != (self.count - 1) * 1.5:
            raise AssertionError("the seed does not have its last row")


# MARK: Mistakes


class Refused(Step):
    """An edit that is wrong: refused with a reason, nothing changes; then mended."""
    #: What the refusal must say.
    says = ""

    def damage(self, world):
        raise NotImplementedError

    def attempt(self, world):
        return world.run("transformer", "apply", code=None)

    def apply(self, world):
        before = (world.plan_of(), self.views(world))
        kept = {file: world.read(file) for file in world.files("models", "tests", "audits", "contracts", "dashboards")}
        self.damage(world)
        answer = self.attempt(world)
        if not re.search(self.says.format(**vars(self)), answer):
            raise AssertionError(f"the refusal does not say {self.says.format(**vars(self))}:\n{answer}")
        for file, text in kept.items():
            if not os.path.exists(world.path(file)) or world.read(file) != text:
                world.write(text, file)
        after = (world.plan_of(), self.views(world))
        if after != before:
            raise AssertionError(f"refused, and yet changed: {before} became {after}")

    def views(self, world):
        return world.sql("select string_agg(schemaname || '.' || viewname || md5(definition), ' ' order by 1) from pg_views"
                         " where schemaname like 'analytics%'")


class SyntaxError_(Refused):
    name = "a model that is not SQL"
    says = r"models/sessions\.sql:\d+"

    def damage(self, world):
        world.edit("models/sessions.sql", (r"^FROM started$", "FROM FROM started"))


class MissingColumn(Refused):
    name = "a model over a column that is not there"
    says = r"models/event_types\.sql(.|\n)*no_such_column"

    def damage(self, world):
        world.edit("models/event_types.sql", (r"^  COUNT\(\*\) AS events,", "  COUNT(*) AS events,\n  MAX(no_such_column) AS most,"))
        os.remove(world.path("tests/event_types.yaml"))


class FailingTest(Refused):
    name = "a change that its unit test does not know"
    says = r"FAILED .*event_types\.yaml:\d+"

    def damage(self, world):
        world.edit("models/event_types.sql", (r"COUNT\(\*\) AS events,", "COUNT(*) + 1 AS events,"))


class FailingAudit(Refused):
    name = "an audit that fails"
    says = r"event_types.*(forall|audit)"

    def damage(self, world):
        world.edit("models/event_types.sql", (r"^    every_event_is_counted", "    forall(criteria := (events < 0))"))


class FailingAuditElsewhere(FailingAudit):
    name = "an audit that fails, in dev and then in prod"

    def attempt(self, world):
        return world.run("transformer", "apply", "dev", code=None) + world.run("transformer", "apply", code=None)


class ReaderLeftBehind(Refused):
    name = "a model removed that others read"
    says = "{reader}"

    def damage(self, world):
        self.reader = re.escape(world.models["daily_active_users"].name)
        os.remove(world.path(world.models["pageviews"].file))
        os.remove(world.path("tests/pageviews.yaml"))


class MostRemoved(Refused):
    name = "most models gone"
    says = "--allow-removal"

    def damage(self, world):
        keep = world.models["event_types"].file
        for file in world.files("models"):
            if file != keep:
                os.remove(world.path(file))
        for file in world.files("tests"):
            if file != "tests/event_types.yaml":
                os.remove(world.path(file))


class WrongFolder(Refused):
    name = "a wrong folder"
    says = r"no config\.yaml and no models"

    def damage(self, world):
        self.wrong = world.chance.choice([world.folder, os.path.join(world.folder, "logs")])

    def attempt(self, world):
        answer = ""
        for command in [("transformer", "apply"), ("transformer", "plan"), ("transformer", "test"), ("producer", "topics"), ("raw-sink", "init")]:
            answer = world.run(*command, code=None, MILLRACE_PIPELINE=self.wrong)
            if self.wrong not in answer:
                raise AssertionError(f"{command} does not name {self.wrong}:\n{answer}")
        return world.run("transformer", "apply", code=None, MILLRACE_PIPELINE=self.wrong)


class MisspeltContract(Refused):
    name = "a contract with a misspelt key"
    says = r"contracts/events\.yaml:\d+.*requird.*required"

    def damage(self, world):
        world.edit("contracts/events.yaml", (r"^        required: true", "        requird: true"))

    def attempt(self, world):
        return world.run("raw-sink", "init", code=None)


class BrokenDashboard(Step):
    name = "a dashboard that cannot be read, and mended"

    def apply(self, world):
        file = "dashboards/overview.yaml"
        good = world.read(file)
        world.edit(file, (r"^    metric: users_a_day", "    metric: users_a_dya"))
        until(lambda: any("overview.yaml" in text for text in world.services["bi-api"].warnings().values()), 30,
              lambda: f"/readyz of bi-api does not name the file: {world.services['bi-api'].health()}")
        charts, broken = world.charts()
        if list(broken) != ["users_on_average"] or not charts["event_types"]["rows"]:
            raise AssertionError(f"one chart has a mistake, and these do not draw: {broken}")
        world.write(good, file)
        until(lambda: not world.services["bi-api"].warnings(), 30,
              lambda: f"/readyz of bi-api still warns: {world.services['bi-api'].health()}")


# MARK: Runs


class RunActedOn(Step):
    """What people do to a run whose statement waits in the warehouse."""
    name = "a run cancelled in the middle of its statement, cleared, marked as failed, cleared"

    def apply(self, world):
        with world.locked("raw.events"):
            self.run = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", world.run("scheduler", "trigger", "prod"))[0]
            waiting = until(lambda: world.waiting_for_locks("transformer"), 90, "no statement of the run waits for the rows that are locked")
            world.run("scheduler", "cancel", self.run, "--wait")
            left = waiting & world.waiting_for_locks("transformer")
            if self.state(world) != "cancelled" or left:
                raise AssertionError(f"cancelled, and it is {self.state(world)}; statements that wait as before: {left}")
        self.clear(world)
        world.run("scheduler", "mark", self.run, "--tasks", world.models["event_types"].name, "--as", "failed")
        until(lambda: self.state(world) == "failed", 30, lambda: f"marked as failed, and it is {self.state(world)}")
        self.clear(world)

    def clear(self, world):
        world.run("scheduler", "clear", self.run, "--wait")
        if self.state(world) != "succeeded":
            raise AssertionError(f"cleared, and it is {self.state(world)}")

    def state(self, world):
        return world.visitor.ask("scheduler", f"/api/v1/runs/{self.run}")["state"]

    def expect(self, world):
        acts = [entry["action"] for entry in world.visitor.ask("scheduler", f"/api/v1/runs/{self.run}")["history"]]
        if acts != ["manual", "cancel", "clear", f"mark_failed {world.models['event_types'].name}", "clear"]:
            raise AssertionError(f"the run's history has {acts}")

    def again(self, world):
        self.apply(world)
        self.expect(world)


# MARK: Contracts and dashboards


class ContractGainsField(Step):
    name = "contract gains an optional field"

    def apply(self, world):
        world.edits[self.name] += 1
        column = f"campaign_{world.edits[self.name]}"
        world.edit("contracts/events.yaml", (r"^      - name: device$", f"      - name: {column}\n        logicalType: string\n      - name: device"))
        world.run("raw-sink", "init")
        def landed():
            world.post("/v1/topics/events", world.event(**{column: "spring"}))
            return int(world.sql(f"select count(*) from raw.events where {column} = 'spring'")) > 0
        world.take_up(landed, f"the field {column}")

    def again(self, world):
        world.run("raw-sink", "init")


class ContractGainsTopic(Step):
    name = "a contract for a new topic"

    def apply(self, world):
        world.edits[self.name] += 1
        topic = f"signups_{world.edits[self.name]}"
        contract = world.read("contracts/events.yaml")
        head, tail = contract.split("schema:\n")[0], contract.split("\nslaProperties:")[1]
        world.write(f"""{head.replace("web-analytics.events", f"web-analytics.{topic}")}schema:
  - name: {topic}
    physicalName: raw.{topic}
    physicalType: table
    customProperties:
      - {{property: partitions, value: 2}}
      - {{property: eventTime, value: timestamp}}
      - {{property: key, value: user_id}}
    properties:
      - {{name: user_id, logicalType: string, required: true}}
      - {{name: timestamp, logicalType: timestamp, required: true}}
      - {{name: plan, logicalType: string}}

slaProperties:{tail}""", "contracts", f"{topic}.yaml")
        world.run("producer", "topics")
        world.run("raw-sink", "init")
        sent = []
        def landed():
            try:
                world.post(f"/v1/topics/{topic}", {"user_id": "ada", "timestamp": world.event()["timestamp"], "plan": "pro"})
                sent.append(topic)
            except AssertionError:
                # The collector does not know the topic yet.
                return False
            return int(world.sql(f"select count(*) from raw.{topic}")) > 0
        world.take_up(landed, f"the topic {topic}")
        world.topics[topic] = f"raw.{topic}"

    def again(self, world):
        world.run("producer", "topics")
        world.run("raw-sink", "init")


class DashboardEdited(Step):
    name = "a dashboard edited: a new title, and a chart more"

    def apply(self, world):
        world.edits[self.name] += 1
        self.number = world.edits[self.name]
        world.edit("dashboards/overview.yaml",
                   (r"^    title: Overview.*$", f"    title: Overview {self.number}"),
                   (r"^  daily_active_users:\n    title: Daily", f"  weekly_{self.number}:\n    title: Events a week\n    type: bar\n    dataset: event_types\n"
                    "    x: time\n    grain: week\n    metrics: [events]\n\n  daily_active_users:\n    title: Daily"),
                   (r"^      - height: small$", f"      - height: large\n        cards:\n          - {{chart: weekly_{self.number}, width: 12}}\n      - height: small"))
        def shown():
            dashboard = world.visitor.ask("bi-api", "/api/v1/dashboards/overview")
            return dashboard["title"] == f"Overview {self.number}" and f"weekly_{self.number}" in dashboard["charts"]
        world.take_up(shown, "the dashboard")

    def expect(self, world):
        charts = world.visitor.ask("bi-api", "/api/v1/dashboards/overview/data", {"time_range": "all"})["charts"]
        if not charts[f"weekly_{self.number}"]["rows"]:
            raise AssertionError("the new chart is empty")


# MARK: Processes


class RestartOneByOne(Step):
    name = "every service restarted, one after the other"

    def apply(self, world):
        for service in list(world.services.values()):
            service.stop()
            service.start().wait_ready()

    def again(self, world):
        self.apply(world)


class RestartAll(Step):
    name = "every service restarted at once"

    def apply(self, world):
        for service in reversed(world.services.values()):
            service.stop()
        for service in world.services.values():
            service.start()
        for service in world.services.values():
            service.wait_ready()

    def again(self, world):
        self.apply(world)


def replica(world, name, **options):
    world.replicas += 1
    first = world.services[name]
    label = f"{name}-{world.replicas}"
    # Two collectors cannot keep events in one folder.
    spool = os.path.join(world.folder, "spool", label)
    return Service(world, first.name, *first.command, label=label, COLLECTOR_SPOOL_DIR=spool, **options)


class Replaced(Step):
    name = "a second scheduler and a second transformer join, the first ones leave"

    def apply(self, world):
        for name in ["scheduler", "transformer"]:
            second = replica(world, name, binaries=world.binaries)
            world.services[second.label] = second.start()
            second.wait_ready()
        world.check(self.allowed)
        for name in ["scheduler", "transformer"]:
            world.services[name].stop()
            world.check_logs(self.allowed)
            second = next(label for label in world.services if label.startswith(f"{name}-"))
            world.services[name] = world.services.pop(second)

    def again(self, world):
        self.apply(world)


class Restored(Step):
    name = "PostgreSQL restored from a dump of two steps ago"

    def apply(self, world):
        """What an operator has to do: stop the services, restore, `raw-sink init`, start them, and apply the folder to each
        environment, and remove those that came back. Raw rows come again from Kafka by themselves."""
        running = [service for service in world.services.values() if service.label != "simulator"]
        for service in reversed(running):
            service.stop()
        rows = int(world.sql(EVENTS))
        world.restore(world.dumps[0])
        self.came_back = rows - int(world.sql(EVENTS))
        world.run("raw-sink", "init")
        for service in running:
            service.start()
        for service in running:
            service.wait_ready()
        for environment in list(world.environments):
            world.apply(environment)
        known = {item["name"] for item in world.visitor.ask("transformer", "/api/v1/environments")["environments"]}
        for environment in known - set(world.environments):
            world.run("transformer", "environments", "--remove", environment)

    def again(self, world):
        pass


class Upgraded(Step):
    """The other way round there is nothing to try: an old service does not start on what a new one has migrated."""
    name = "services of the previous commit get new ones beside them, then leave"

    def apply(self, world):
        world.binaries = BINARIES
        names = ["raw-sink", "transformer", "scheduler", "bi-api", "producer"]
        others = {name: replica(world, name, binaries=BINARIES) for name in names}
        for service in others.values():
            world.services[service.label] = service.start()
            service.wait_ready()
        world.check(self.allowed)
        for name in names:
            world.services[name].stop()
        world.check_logs(self.allowed)
        for name, service in others.items():
            del world.services[service.label]
            world.services[name] = service

    def again(self, world):
        pass


#: Every step, in an order that makes sense to read: the scripted history.
HISTORY = [
    DescriptionChanged, ColumnAdded, WrongFolder, ModelAdded, SyntaxError_, MissingColumn, FailingTest, FailingAudit,
    FailingAuditElsewhere, BreakingChange, RolledBack, SeedEdited, ForwardOnly, StarReader, WeekRestated, RunActedOn,
    HistoryKept, ModelRenamed, ReaderLeftBehind, MostRemoved, ModelRemoved, EnvironmentRemoved, ContractGainsField, MisspeltContract, ContractGainsTopic,
    DashboardEdited, BrokenDashboard, SeedEdited, RestartOneByOne, RestartAll, Replaced, Restored, ModelAdded,
]
