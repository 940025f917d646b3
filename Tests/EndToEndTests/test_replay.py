"""`producer replay` as its users run it: killed and started again, from packed files, and of what was a dead letter."""

import collections
import gzip
import json
import os
import subprocess
import tempfile
import time
import unittest

import stack
from demo import ROOT

EVENTS = 60_000


def event(number):
    return {"event_id": f"replayed-{number}", "user_id": f"user-{number % 500}", "event": "page_view",
            "timestamp": f"2026-11-{1 + number % 20:02}T10:00:00Z"}


class ReplayTests(unittest.TestCase):
    def setUp(self):
        self.services = stack.Stack(os.path.join(ROOT, "Pipelines", "web-analytics"), "replay_e2e")
        self.services.__enter__()
        self.addCleanup(self.services.__exit__)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.services.run("producer", "topics")

    def test_everything(self):
        self.killed()
        self.packed()
        self.dead_letters()

    def killed(self):
        """kill -9, again and again: nothing is missing, and what came twice has the same bytes."""
        path = os.path.join(self.folder, "events.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(event(number)) + "\n" for number in range(EVENTS))
        for _ in range(3):
            replay = self.services.start("producer", "replay", path, "--rate", "8000")
            time.sleep(2.2)
            replay.kill()
            replay.communicate()
            with open(path + ".checkpoint", encoding="utf-8") as file:
                self.assertFalse(json.load(file)["isFinished"])
        self.services.run("producer", "replay", path)
        values = collections.Counter(line.split("\t", 1)[1] for line in self.services.messages("events"))
        self.assertEqual(set(values), {json.dumps(event(number)) for number in range(EVENTS)})
        # A window of 16 * 2,000 messages each time, at most.
        self.assertLessEqual(sum(values.values()) - EVENTS, 3 * 32_000)
        with open(path + ".checkpoint", encoding="utf-8") as file:
            self.assertEqual(json.load(file)["records"], EVENTS)
        self.sent = sum(values.values())

    def packed(self):
        """A JSON array within gzip, and CSV from standard input, with names of their own."""
        path = os.path.join(self.folder, "events.json.gz")
        with gzip.open(path, "wt", encoding="utf-8") as file:
            json.dump([event(EVENTS + number) for number in range(1_000)], file)
        self.services.run("producer", "replay", path)
        table = os.path.join(self.folder, "table.csv")
        with open(table, "w", encoding="utf-8") as file:
            file.write("uid,when,note\r\n" + "".join(f'"csv-{n}",2026-11-23 10:00:00,"a\n""b"""\r\n' for n in range(500)))
            file.write("missing\r\n")
        output = self.replay_from_standard_input(table)
        self.assertIn("invalid_csv", output)
        self.sent += 1_500
        lines = self.services.messages("events")
        self.assertEqual(len([line for line in lines if line.startswith("csv-")]), 500)

    def replay_from_standard_input(self, table):
        with open(table, "rb") as file:
            done = subprocess.run(
                [os.path.join(ROOT, ".build", "debug", "producer"), "replay", "-", "--map", "user_id=uid", "--map",
                 "timestamp=when", "--constant", "event=import"], stdin=file, env=self.services.environment,
                capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def dead_letters(self):
        """What was rejected is exported, mended, and replayed."""
        self.services.run("raw-sink", "init")
        bad = event(0) | {"timestamp": 7, "user_id": "mended"}
        subprocess.run(["kcat", "-P", "-b", self.services.environment["KAFKA_BOOTSTRAP_SERVERS"], "-t", "events", "-k", "k"],
                       input=json.dumps(bad), text=True, check=True, timeout=60)
        sink = self.services.start("raw-sink", "run", SINK_GROUP="replay-e2e")
        try:
            stack.until(lambda: self.services.sql("select count(*) from raw._dead_letters") == "1", 120, "a dead letter")
        finally:
            sink.terminate()
            output, _ = sink.communicate(timeout=60)
        self.assertEqual(sink.returncode, 0, output)
        letters = os.path.join(self.folder, "letters.ndjson")
        exported = self.services.run("raw-sink", "dead-letters", "export", "--topic", "events")
        with open(letters, "w", encoding="utf-8") as file:
            file.write(exported.replace('\\"timestamp\\": 7', '\\"timestamp\\": \\"2026-11-23T10:00:00Z\\"'))
        self.services.run("producer", "replay", letters, "--format", "dead-letters")
        found = [line for line in self.services.messages("events") if "mended" in line]
        self.assertEqual([line.split("\t")[0] for line in found], ["k", "k"])
        self.assertEqual(json.loads(found[-1].split("\t", 1)[1])["timestamp"], "2026-11-23T10:00:00Z")


if __name__ == "__main__":
    unittest.main()
