"""kill -9 of a service, again and again under load, loses nothing and doubles nothing."""

import json
import random
import time
import unittest

import demo


class KillTests(unittest.TestCase):
    def test_numbers_stay_equal(self):
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        print(f"seed {seed}", flush=True)
        load = demo.producer("simulate", "--scenario", "page-views", "--seed", "99", "--users", "500", "--rate", "400",
                             "--count", "16000")
        try:
            for service in ["raw-sink", "transformer", "raw-sink", "scheduler", "raw-sink", "transformer", "bi-api",
                            "raw-sink", "transformer", "raw-sink"]:
                time.sleep(chance.uniform(0.3, 2.5))
                demo.script("kill", service)
                demo.script("restart", service)
        finally:
            output, _ = load.communicate(timeout=120)
        self.assertEqual(load.returncode, 0, output)

        check = demo.script("check", check=False)
        print(check.stdout, flush=True)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
        distinct, rows = demo.sql(
            "select count(distinct (_partition, _offset)), count(*) from raw.events").split("|")
        self.assertEqual(distinct, rows, "a message was landed twice")

    def test_equal_models(self):
        """What the models hold is what their definition gives on the raw rows, computed here once more and plainly."""
        self.assertEqual(demo.script("check", check=False).returncode, 0)
        expected = demo.sql(
            "select json_agg(t) from (select (timestamp at time zone 'UTC')::date as day, user_id, count(*) as events"
            " from raw.events where event = 'page_view' group by 1, 2 order by 1, 2) t")
        actual = demo.sql(
            "select json_agg(t) from (select day, user_id, events from analytics.daily_active_users order by 1, 2) t")
        self.assertEqual(json.loads(actual), json.loads(expected))


if __name__ == "__main__":
    unittest.main()
