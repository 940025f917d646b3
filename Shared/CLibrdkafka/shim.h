// What Swift cannot call by itself: librdkafka's variadic functions, and values that are macros.
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

/// rd_kafka_producev() with the arguments that Millrace uses. Key and value are copied. `headers` (may be NULL) is the
/// library's afterwards when the call succeeded, and still the caller's when it failed.
static inline rd_kafka_resp_err_t millrace_kafka_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *_Nullable key, size_t key_length,
    const void *_Nullable value, size_t value_length, int64_t timestamp_ms, rd_kafka_headers_t *_Nullable headers,
    void *_Nullable opaque) {
    if (headers)
        return rd_kafka_producev(
            client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(key, key_length), RD_KAFKA_V_VALUE((void *)value, value_length),
            RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key, key_length), RD_KAFKA_V_VALUE((void *)value, value_length),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

/// The opaque pointer given to millrace_kafka_produce().
static inline void *_Nullable millrace_kafka_message_opaque(const rd_kafka_message_t *message) {
    return message->_private;
}
