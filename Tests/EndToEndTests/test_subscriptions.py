"""The subscriptions pipeline on real parts: what was simulated is landed, summed up by its models, and shown."""

import collections
import json
import os
import tempfile
import unittest

import stack
from demo import ROOT

TABLES = {"subscriptions": "raw_subscription_events", "revenue": "raw_revenue_events", "churn": "raw_churn_events",
          "customer_engagement": "raw_customer_engagement_events"}
CUSTOMERS, MONTHS = 60, 84


class SubscriptionsTests(unittest.TestCase):
    def test_from_events_to_summaries(self):
        pipeline = os.path.join(ROOT, "Pipelines", "subscriptions")
        with stack.Stack(pipeline, "subscriptions_e2e") as services, tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "sent.ndjson")
            services.run("producer", "topics")
            services.run("raw-sink", "init")
            services.run("producer", "simulate", "--scenario", "subscriptions", "--users", str(CUSTOMERS), "--seed", "7",
                         "--from", "2020-01-01", "--to", "2020-07-01", "--malformed", "0.01", "--drift", "0.02",
                         "--duplicates", "0.01", "--late", "0.05", "--log", log)
            with open(log, encoding="utf-8") as file:
                sent = [json.loads(line) for line in file]
            self.assertTrue(all(message["acknowledged"] for message in sent))
            # Duplicates are dropped: the contracts have a window for them.
            good = collections.Counter(message["topic"] for message in sent
                                       if message["valid"] and message["fault"] != "duplicate")
            bad = collections.Counter(message["topic"] for message in sent if not message["valid"])
            self.assertGreater(min(good[topic] for topic in ["subscriptions", "revenue", "customer_engagement"]), 300)
            self.land(services, good, bad)
            self.summarize(services)

    def land(self, services, good, bad):
        sink = services.start("raw-sink", "run", SINK_GROUP="subscriptions-e2e")

        def landed():
            rows = " + ".join(f"(select count(*) from raw.{table})" for table in TABLES.values())
            return int(services.sql(f"select {rows} + (select count(*) from raw._dead_letters)")) >= sum(
                good.values()) + sum(bad.values())

        try:
            stack.until(landed, 120, "landing of all events")
        finally:
            sink.terminate()
            output, _ = sink.communicate(timeout=60)
        self.assertEqual(sink.returncode, 0, output)
        for topic, table in TABLES.items():
            self.assertEqual(int(services.sql(f"select count(*) from raw.{table}")), good[topic], topic)
            letters = services.sql(f"select count(*) from raw._dead_letters where topic = '{topic}'")
            self.assertEqual(int(letters), bad[topic], topic)

    def summarize(self, services):
        services.run("transformer", "test")
        services.run("transformer", "apply", "--environment", "prod", "--start", "2018-01-01")
        months = services.sql("select count(*), count(distinct user_id) from analytics.customer_summary")
        self.assertEqual(months, f"{CUSTOMERS * MONTHS}|{CUSTOMERS}")
        for model in ["customer_summary", "subscription_revenue_summary"]:
            sums = services.sql(f"select sum(total_revenue), sum(total_advances), sum(subscription_amount)"
                                f" from analytics.{model}")
            raw = services.sql(
                "select (select sum(payment_amount) from raw.raw_revenue_events),"
                " (select sum(advance_amount) from raw.raw_revenue_events),"
                " (select sum(subscription_amount) from raw.raw_subscription_events)")
            self.assertEqual([float(number) for number in sums.split("|")], [float(number) for number in raw.split("|")])
        # Where nothing happened, a month says so.
        self.assertEqual(services.sql("select distinct region, total_revenue::int, payment_delinquency"
                                      " from analytics.customer_summary where month = '2018-05-01'"), "N/A|0|N/A")


if __name__ == "__main__":
    unittest.main()
