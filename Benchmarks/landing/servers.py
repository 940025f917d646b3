"""A broker and a PostgreSQL of the ingest suite's own, on free ports, under .millrace/bench/ingest; gone when the block
ends. Run with the suite's Python: it needs psycopg and confluent-kafka."""

import os
import secrets
import subprocess

import confluent_kafka.admin
import psycopg

from harness import OUTPUT, ROOT, free_port, wait_for

PIPELINE = os.path.join(ROOT, "Benchmarks", "landing", "pipeline")
TOPIC = "events"
PARTITIONS = 6


def binary(name):
    return os.path.join(os.environ.get("BENCH_BIN", os.path.join(ROOT, ".build", "release")), name)


class Servers:
    def __init__(self):
        self.directory = os.path.join(OUTPUT, "ingest")
        self.kafka_port, self.postgres_port = free_port(), free_port()
        self.password = secrets.token_hex(16)
        self.brokers = f"127.0.0.1:{self.kafka_port}"
        self.conninfo = (f"host=127.0.0.1 port={self.postgres_port} user=millrace dbname=millrace"
                         f" password={self.password}")
        self.environment = dict(
            os.environ, MILLRACE_PIPELINE=PIPELINE, KAFKA_BOOTSTRAP_SERVERS=self.brokers, POSTGRES_HOST="127.0.0.1",
            POSTGRES_PORT=str(self.postgres_port), POSTGRES_USER="millrace", POSTGRES_DB="millrace",
            POSTGRES_PASSWORD=self.password, LOG_LEVEL="warning")

    def _shell(self, script):
        subprocess.run(["bash", "-c", f'source "{ROOT}/scripts/lib.sh"; {script}'], check=True,
                       env=dict(os.environ, DIR=self.directory, PASSWORD=self.password), stdout=subprocess.DEVNULL)

    def _stop(self):
        self._shell('broker_stop "$DIR/broker"; postgres_stop "$DIR/postgres"; postgres_remove "$DIR/postgres";'
                    ' rm -rf "$DIR"')

    def __enter__(self):
        self._stop()
        os.makedirs(self.directory)
        try:
            self._shell(f'broker_start "$DIR/broker" {self.kafka_port};'
                        f' mkdir -p "$DIR/postgres"; postgres_start "$DIR/postgres" {self.postgres_port}'
                        ' millrace "$PASSWORD" millrace')
            self.database = psycopg.connect(self.conninfo, autocommit=True)
            self.admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.brokers})
            self.run("raw-sink", "init")
            self.database.execute("CREATE SCHEMA bench")
            self.database.execute("CREATE TABLE bench.events (LIKE raw.events INCLUDING ALL)")
            self.database.execute("CREATE TABLE bench.offsets (LIKE raw._sink_offsets INCLUDING ALL)")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self.database.close()
        self.admin = None
        self._stop()

    def run(self, name, *arguments):
        subprocess.run([binary(name), *arguments], env=self.environment, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def start(self, arguments, **settings):
        environment = dict(self.environment, **{name: str(value) for name, value in settings.items()})
        with open(os.path.join(self.directory, "contenders.log"), "ab") as log:
            return subprocess.Popen(arguments, env=environment, stdout=log, stderr=log)

    def number(self, statement):
        return self.database.execute(statement).fetchone()[0]

    def new_topic(self):
        """The topic, empty, and nothing landed of it. Rows stay."""
        topics = self.admin.list_topics(timeout=30).topics
        if TOPIC in topics:
            for answer in self.admin.delete_topics([TOPIC]).values():
                answer.result()
            wait_for(lambda: TOPIC not in self.admin.list_topics(timeout=30).topics, 30, "the topic's end")
        for answer in self.admin.create_topics([confluent_kafka.admin.NewTopic(TOPIC, PARTITIONS, 1)]).values():
            answer.result()
        wait_for(lambda: len(self.admin.list_topics(timeout=30).topics[TOPIC].partitions) == PARTITIONS, 30,
                 "the topic's beginning")
        self.forget()

    def forget(self, rows=False):
        """Takes back what has landed, so that the next contender finds the same."""
        self.database.execute("TRUNCATE raw._sink_offsets, bench.offsets, raw._landings, raw._seen_values")
        if rows:
            self.database.execute("TRUNCATE raw.events, bench.events")
        self.database.execute("CHECKPOINT")
