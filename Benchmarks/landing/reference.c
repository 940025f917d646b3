// The ingest suite's reference: what a careful C programmer's loop does. librdkafka to typed binary COPY, the offsets in the
// same transaction, one thread. It trusts its input: fields are found by a plain scan, nothing is validated.
//
//   reference BROKERS TOPIC GROUP CONNINFO TABLE OFFSETS_TABLE BATCH_ROWS
//
// Runs until SIGTERM. TABLE has the columns of the suite's contract, OFFSETS_TABLE those of raw._sink_offsets.
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARTITIONS_MAX = 64, CHUNK_BYTES = 256 << 10, WAIT_MS = 500 };

static volatile sig_atomic_t stopping;
static PGconn *database;
static const char *topic_name, *table, *offsets_table;
static int64_t next_offset[PARTITIONS_MAX];
static char touched[PARTITIONS_MAX];

static void stop(int signal_number) { (void)signal_number, stopping = 1; }

static void die(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static PGresult *query(const char *statement, ExecStatusType wanted) {
    PGresult *result = PQexec(database, statement);
    if (PQresultStatus(result) != wanted) die(statement, PQerrorMessage(database));
    return result;
}

static void command(const char *statement) { PQclear(query(statement, PGRES_COMMAND_OK)); }

// --- rows ---

static char *buffer;
static size_t used, room;

static char *reserve(size_t bytes) {
    if (used + bytes > room) {
        room = (used + bytes) * 2;
        buffer = realloc(buffer, room);
        if (!buffer) die("realloc", "out of memory");
    }
    return buffer + used;
}

static void put16(int16_t value) {
    uint16_t big = htobe16((uint16_t)value);
    memcpy(reserve(2), &big, 2), used += 2;
}

static void put32(int32_t value) {
    uint32_t big = htobe32((uint32_t)value);
    memcpy(reserve(4), &big, 4), used += 4;
}

static void put64(int64_t value) {
    uint64_t big = htobe64((uint64_t)value);
    memcpy(reserve(8), &big, 8), used += 8;
}

static void put_text(const char *text, size_t length) {
    if (!text) {
        put32(-1);
        return;
    }
    put32((int32_t)length);
    memcpy(reserve(length), text, length), used += length;
}

static void put_jsonb(const char *text, size_t length) {
    put32((int32_t)length + 1);
    char *target = reserve(length + 1);
    target[0] = 1;
    memcpy(target + 1, text, length), used += length + 1;
}

static void put_time(int64_t microseconds_since_1970) {
    put32(8);
    put64(microseconds_since_1970 - 946684800000000);
}

struct field {
    const char *start;
    size_t length;
};

static int number_at(const char *digits, int count) {
    int value = 0;
    for (int i = 0; i < count; i++) value = value * 10 + (digits[i] - '0');
    return value;
}

// 2018-01-01T00:00:00[.ffffff][Z], in UTC.
static int64_t microseconds(struct field text) {
    if (text.length < 19) return 0;
    const char *s = text.start;
    int64_t year = number_at(s, 4), month = number_at(s + 5, 2), day = number_at(s + 8, 2);
    year -= month <= 2;
    int64_t era = year / 400, year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
    int64_t seconds = days * 86400 + number_at(s + 11, 2) * 3600 + number_at(s + 14, 2) * 60 + number_at(s + 17, 2);
    int64_t fraction = 0, unit = 100000;
    if (text.length > 20 && s[19] == '.')
        for (size_t i = 20; i < text.length && s[i] >= '0' && s[i] <= '9'; i++, unit /= 10) fraction += (s[i] - '0') * unit;
    return seconds * 1000000 + fraction;
}

// The string members of the outer object that have a column.
static void scan(const char *s, size_t length, struct field found[4]) {
    static const char *const names[4] = {"event_id", "user_id", "event", "timestamp"};
    static const size_t lengths[4] = {8, 7, 5, 9};
    const char *end = s + length;
    int depth = 0;
    while (s < end) {
        char c = *s++;
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') depth--;
        if (c != '"') continue;
        const char *name = s;
        while (s < end && *s != '"') s += *s == '\\' ? 2 : 1;
        size_t name_length = (size_t)(s - name);
        if (++s >= end || depth != 1 || *s != ':') continue;
        s++;
        while (s < end && *s == ' ') s++;
        if (s >= end || *s != '"') continue;
        const char *value = ++s;
        while (s < end && *s != '"') s += *s == '\\' ? 2 : 1;
        for (int i = 0; i < 4; i++)
            if (name_length == lengths[i] && !memcmp(name, names[i], name_length))
                found[i] = (struct field){value, (size_t)(s - value)};
        s++;
    }
}

static void append(const rd_kafka_message_t *message, int64_t now) {
    struct field found[4] = {{0}};
    scan(message->payload, message->len, found);
    put16(10);
    for (int i = 0; i < 3; i++) put_text(found[i].start, found[i].length);
    put_time(microseconds(found[3]));
    put_jsonb(message->payload, message->len);
    put_text(topic_name, strlen(topic_name));
    put32(4), put32(message->partition);
    put32(8), put64(message->offset);
    put_time(now);
    put32(-1);
}

// --- one batch, one transaction ---

static void land(void) {
    static const char header[19] = "PGCOPY\n\377\r\n";
    char statement[512];
    command("BEGIN");
    for (int p = 0; p < PARTITIONS_MAX; p++) {
        if (!touched[p]) continue;
        snprintf(statement, sizeof statement,
                 "INSERT INTO %s (topic, partition, next_offset) VALUES ('%s', %d, %lld)"
                 " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset",
                 offsets_table, topic_name, p, (long long)next_offset[p]);
        command(statement);
        touched[p] = 0;
    }
    snprintf(statement, sizeof statement,
             "COPY %s (event_id, user_id, event, \"timestamp\", payload, _topic, _partition, _offset, _ingested_at, _extra)"
             " FROM STDIN (FORMAT binary)",
             table);
    PQclear(query(statement, PGRES_COPY_IN));
    put16(-1);
    int sent = PQputCopyData(database, header, sizeof header);
    for (size_t at = 0; sent == 1 && at < used; at += CHUNK_BYTES)
        sent = PQputCopyData(database, buffer + at, (int)(used - at < CHUNK_BYTES ? used - at : CHUNK_BYTES));
    if (sent != 1 || PQputCopyEnd(database, NULL) != 1) die("COPY", PQerrorMessage(database));
    for (PGresult *result; (result = PQgetResult(database)); PQclear(result))
        if (PQresultStatus(result) != PGRES_COMMAND_OK) die("COPY", PQerrorMessage(database));
    command("COMMIT");
    used = 0;
}

// --- Kafka ---

static void rebalance(rd_kafka_t *kafka, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *partitions,
                      void *opaque) {
    (void)opaque;
    if (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        rd_kafka_assign(kafka, NULL);
        return;
    }
    char statement[256];
    snprintf(statement, sizeof statement, "SELECT partition, next_offset FROM %s WHERE topic = '%s'", offsets_table,
             topic_name);
    PGresult *stored = query(statement, PGRES_TUPLES_OK);
    for (int i = 0; i < partitions->cnt; i++) {
        partitions->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
        for (int row = 0; row < PQntuples(stored); row++)
            if (atoi(PQgetvalue(stored, row, 0)) == partitions->elems[i].partition)
                partitions->elems[i].offset = atoll(PQgetvalue(stored, row, 1));
    }
    PQclear(stored);
    rd_kafka_assign(kafka, partitions);
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[512];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) die(name, why);
}

int main(int argc, char **argv) {
    if (argc != 8) die("usage", "reference BROKERS TOPIC GROUP CONNINFO TABLE OFFSETS_TABLE BATCH_ROWS");
    topic_name = argv[2], table = argv[5], offsets_table = argv[6];
    size_t batch_rows = (size_t)atoll(argv[7]);
    signal(SIGTERM, stop);
    database = PQconnectdb(argv[4]);
    if (PQstatus(database) != CONNECTION_OK) die("PostgreSQL", PQerrorMessage(database));

    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", argv[1]);
    set(conf, "group.id", argv[3]);
    set(conf, "enable.auto.commit", "false");
    set(conf, "enable.auto.offset.store", "false");
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "partition.assignment.strategy", "range");
    set(conf, "receive.message.max.bytes", "1000000000");
    set(conf, "socket.nagle.disable", "true");
    set(conf, "fetch.wait.max.ms", "100");
    rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    char why[512];
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!kafka) die("librdkafka", why);
    rd_kafka_poll_set_consumer(kafka);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(kafka);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic_name, RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(kafka, topics)) die("subscribe", topic_name);

    rd_kafka_message_t **messages = calloc(batch_rows, sizeof *messages);
    if (!messages) die("calloc", "out of memory");
    while (!stopping) {
        ssize_t count = rd_kafka_consume_batch_queue(queue, WAIT_MS, messages, batch_rows);
        struct timespec clock;
        clock_gettime(CLOCK_REALTIME, &clock);
        int64_t now = (int64_t)clock.tv_sec * 1000000 + clock.tv_nsec / 1000;
        for (ssize_t i = 0; i < count; i++) {
            rd_kafka_message_t *message = messages[i];
            if (!message->err && message->partition < PARTITIONS_MAX) {
                append(message, now);
                next_offset[message->partition] = message->offset + 1;
                touched[message->partition] = 1;
            }
            rd_kafka_message_destroy(message);
        }
        if (used) land();
    }
    rd_kafka_consumer_close(kafka);
    PQfinish(database);
    return 0;
}
