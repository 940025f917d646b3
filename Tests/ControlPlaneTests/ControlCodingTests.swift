import Foundation
import Kafka
import Testing

@testable import ControlPlane

@Suite("A control message survives its way over the wire")
struct ControlCodingTests {
    @Test("every type is in the table below, and in the list that decoding goes by")
    func complete() {
        let tested = Set(Samples.all.map { type(of: $0).type })
        #expect(tested == Set(ControlMessages.all.map { $0.type }))
        #expect(ControlMessages.byType.count == ControlMessages.all.count)
    }

    @Test("and back", arguments: Samples.all.indices)
    func roundTrip(index: Int) throws {
        let message = Samples.all[index]
        let parent = TraceParent.make()
        let encoded = try ControlCoding.encode(
            message, id: "id-1", source: "/millrace/test", time: Samples.time, parent: parent)
        #expect(encoded.topic == type(of: message).topic.rawValue)
        #expect(encoded.key == Array(message.key.utf8))
        guard
            case .message(let envelope) = ControlCoding.decode(
                headers: encoded.headers, key: encoded.key, value: encoded.value,
                position: TopicPartition(encoded.topic, 2), offset: 7)
        else {
            Issue.record("not decoded")
            return
        }
        let same = isSame(envelope.message, message)
        #expect(same)
        #expect(envelope.id == "id-1")
        #expect(envelope.type == type(of: message).type)
        #expect(envelope.source == "/millrace/test")
        #expect(envelope.subject == message.subject)
        #expect(envelope.time == Samples.time)
        #expect(envelope.traceParent == parent)
        #expect(envelope.position == TopicPartition(encoded.topic, 2))
        #expect(envelope.offset == 7)
    }

    private func isSame<M: ControlMessage>(_ left: any ControlMessage, _ right: M) -> Bool { left as? M == right }

    @Test("in CloudEvents' binary mode, with names in snake case")
    func form() throws {
        let encoded = try ControlCoding.encode(
            Samples.landed, id: "0190-x", source: "/millrace/raw-sink", time: Samples.time,
            parent: try #require(TraceParent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")))
        let headers = Dictionary(uniqueKeysWithValues: encoded.headers.map { ($0.name, $0.text) })
        #expect(
            headers == [
                "ce_specversion": "1.0", "ce_id": "0190-x", "ce_type": "data.landed", "ce_source": "/millrace/raw-sink",
                "ce_time": "2026-11-23T08:15:30.000123Z", "ce_subject": "raw.events",
                "content-type": "application/json",
                "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ])
        let json = String(decoding: try #require(encoded.value), as: UTF8.self)
        #expect(
            json == """
                {"days":["2026-11-22","2026-11-23"],"event_time_max":"2026-11-23T08:15:30.000123Z",\
                "event_time_min":"2026-11-22T00:00:00.000000Z","landed_at":"2026-11-23T08:15:30.000123Z",\
                "low_watermark":"2026-11-22T00:00:00.000000Z","offsets":[{"first":10,"next":12,"partition":0}],"rejected":1,"rows":1,"table":"raw.events",\
                "topic":"events"}
                """)
    }

    @Test("an environment's end is a null value under its key")
    func tombstone() throws {
        let encoded = try ControlCoding.encode(
            EnvironmentRemoved(environment: "dev"), id: "1", source: "s", time: Samples.time, parent: .make())
        #expect(encoded.value == nil)
        #expect(encoded.key == Array("dev".utf8))
    }

    @Test("fields that are not known are passed over")
    func unknownField() {
        let value = #"{"environment":"prod","plan":"p","models":["m"],"at":null,"colour":{"r":1}}"#
        guard case .message(let envelope) = decode(type: "environment.promoted", value: value) else {
            Issue.record("not decoded")
            return
        }
        #expect(
            envelope.message as? EnvironmentPromoted
                == EnvironmentPromoted(environment: "prod", plan: "p", models: ["m"]))
    }

    @Test(
        "a message of a known type that cannot be read is told, with what is wrong",
        arguments: [
            (type: "data.landed", value: "not json", reason: "the message"),
            (type: "data.landed", value: "{}", reason: "is missing"),
            (type: "transform.requested", value: #"{"task":1}"#, reason: "`task`"),
            (
                type: "transform.requested",
                value:
                    #"{"task":"t","run":"r","attempt":1,"action":"dream","environment":"prod","model":"m","up_to":"2026-11-22T00:00:00Z","deadline":"2026-11-22T00:00:00Z"}"#,
                reason: "dream"
            ),
        ])
    func unreadable(type: String, value: String, reason: String) {
        guard case .unreadable(let message) = decode(type: type, value: value) else {
            Issue.record("not told")
            return
        }
        #expect(message.reason.contains(reason), "\(message.reason)")
        #expect(message.type == type && message.text == value && message.key == "prod")
    }

    @Test("a null value in the environments' topic is an environment's end, also without headers")
    func bareTombstone() {
        let decoded = ControlCoding.decode(
            headers: [], key: Array("dev".utf8), value: nil,
            position: TopicPartition(ControlTopic.environments.rawValue, 0), offset: 3)
        guard case .message(let envelope) = decoded else {
            Issue.record("not decoded")
            return
        }
        #expect(envelope.message as? EnvironmentRemoved == EnvironmentRemoved(environment: "dev"))
    }

    @Test(
        "what is not known is not a message",
        arguments: [
            (type: "transform.dreamt", version: "1.0", value: "{}"),
            (type: "data.landed", version: "2.0", value: "{}"),
        ])
    func unknown(type: String, version: String, value: String) {
        guard case .unknown = decode(type: type, version: version, value: value) else {
            Issue.record("decoded")
            return
        }
    }

    @Test("a record without CloudEvents headers is not a message")
    func foreign() {
        guard
            case .unknown = ControlCoding.decode(
                headers: [], key: nil, value: Array("{}".utf8), position: TopicPartition("t", 0), offset: 0)
        else {
            Issue.record("decoded")
            return
        }
    }

    private func decode(type: String, version: String = "1.0", value: String) -> ControlCoding.Decoded {
        ControlCoding.decode(
            headers: [
                KafkaHeader("ce_specversion", text: version), KafkaHeader("ce_type", text: type),
                KafkaHeader("ce_id", text: "1"), KafkaHeader("ce_source", text: "s"),
                KafkaHeader("traceparent", text: "nonsense"), KafkaHeader("ce_unheard", text: "of"),
            ], key: Array("prod".utf8), value: Array(value.utf8), position: TopicPartition("t", 0), offset: 0)
    }
}

/// One message of each type.
enum Samples {
    static let time = ControlTime.date("2026-11-23T08:15:30.000123Z")!
    static let day = ControlTime.date("2026-11-22T00:00:00Z")!
    static let landed = DataLanded(
        table: "raw.events", sourceTopic: "events", rows: 1, rejected: 1,
        offsets: [.init(partition: 0, first: 10, next: 12)], eventTimeMin: day, eventTimeMax: time,
        lowWatermark: day, days: ["2026-11-22", "2026-11-23"], landedAt: time)

    static let all: [any ControlMessage] = [
        landed,
        SessionsEnded(user: "u", session: "s", before: time),
        TransformRequested(
            task: "t", run: "r", attempt: 2, action: .backfill, environment: "prod", model: "analytics.sessions",
            from: day, upTo: time, deadline: time),
        TransformCancelRequested(
            task: "t", run: "r", attempt: 2, environment: "prod", model: "analytics.sessions", reason: "Ada wants it"),
        TransformStarted(
            task: "t", run: "r", attempt: 1, environment: "prod", model: "m", worker: "w", startedAt: time),
        TransformProgressed(
            task: "t", run: "r", attempt: 1, environment: "prod", model: "m", worker: "w", done: 1, total: 3),
        TransformSucceeded(
            task: "t", run: "r", attempt: 1, environment: "prod", model: "m", worker: "w",
            intervals: [ControlInterval(from: day, to: time)], rows: 5, durationMs: 12),
        TransformFailed(
            task: "t", run: "r", attempt: 1, environment: "prod", model: "m", worker: "w",
            error: ControlFailure(code: "sql_error", message: "no such column", retriable: false)),
        ModelUpdated(
            environment: "prod", model: "m", relation: "analytics.m", intervals: [ControlInterval(from: day, to: time)],
            rows: 3, at: time),
        EnvironmentPromoted(environment: "prod", plan: "p", models: ["m"], at: time),
        RunStarted(
            run: "r", dag: "web", environment: "prod", trigger: "schedule", scheduledFor: day, startedAt: time),
        RunSucceeded(
            run: "r", dag: "web", environment: "prod", trigger: "schedule", scheduledFor: day, finishedAt: time),
        RunFailed(
            run: "r", dag: "web", environment: "prod", trigger: "manual", scheduledFor: day, finishedAt: time,
            model: "m", error: ControlFailure(code: "c", message: "m", retriable: true)),
        EnvironmentManifest(
            environment: "prod", promotedAt: time, plan: "p",
            models: [
                EnvironmentManifest.Model(
                    name: "analytics.sessions", kind: "FULL", relation: "analytics.sessions",
                    columns: [.init(name: "id", type: "text", description: "who"), .init(name: "n", type: "bigint")],
                    dependsOn: ["analytics.pageviews"], sources: ["raw.events"], cron: "* * * * *",
                    cronTimeZone: "Europe/Berlin", start: day, owner: "web", description: "d", tags: ["a"], retries: 2)
            ]),
        EnvironmentManifestPart(
            environment: "prod", plan: "p", part: 1, parts: 2,
            models: [
                EnvironmentManifest.Model(
                    name: "analytics.sessions", kind: "VIEW", relation: "analytics.sessions", columns: [],
                    dependsOn: [],
                    sources: [], cron: "@daily")
            ]),
        EnvironmentRemoved(environment: "dev"),
    ]
}
