"""The loop that a careful Python programmer writes: confluent-kafka in batches, psycopg's COPY, offsets in the transaction.

    copy_loop.py BROKERS TOPIC GROUP CONNINFO TABLE OFFSETS_TABLE BATCH_ROWS

Takes the same arguments as reference.c, does the same, and runs until SIGTERM.
"""

import datetime
import json
import signal
import sys

import confluent_kafka
import psycopg

COLUMNS = 'event_id, user_id, event, "timestamp", payload, _topic, _partition, _offset, _ingested_at, _extra'


def main(brokers, topic, group, conninfo, table, offsets_table, batch_rows):
    stopping = False

    def stop(*_):
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    database = psycopg.connect(conninfo)
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "group.id": group, "enable.auto.commit": False,
        "enable.auto.offset.store": False, "auto.offset.reset": "earliest", "receive.message.max.bytes": 1_000_000_000,
        "partition.assignment.strategy": "range", "fetch.wait.max.ms": 100})

    def assigned(_, partitions):
        rows = database.execute(f"SELECT partition, next_offset FROM {offsets_table} WHERE topic = %s", [topic])
        stored = dict(rows.fetchall())
        database.commit()
        for partition in partitions:
            partition.offset = stored.get(partition.partition, confluent_kafka.OFFSET_BEGINNING)
        consumer.assign(partitions)

    consumer.subscribe([topic], on_assign=assigned)
    while not stopping:
        messages = consumer.consume(batch_rows, timeout=0.5)
        if not messages:
            continue
        positions = {}
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        with database.transaction(), database.cursor() as cursor:
            with cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN") as copy:
                for message in messages:
                    if message.error():
                        continue
                    value = message.value().decode()
                    event = json.loads(value)
                    positions[message.partition()] = message.offset() + 1
                    copy.write_row((
                        event.get("event_id"), event["user_id"], event["event"], event["timestamp"], value, topic,
                        message.partition(), message.offset(), now, None))
            cursor.executemany(
                f"INSERT INTO {offsets_table} (topic, partition, next_offset) VALUES (%s, %s, %s)"
                " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset",
                [(topic, partition, position) for partition, position in positions.items()])
    consumer.close()
    database.close()


main(*sys.argv[1:7], int(sys.argv[7]))
