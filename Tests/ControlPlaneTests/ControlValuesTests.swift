import Foundation
import Testing

@testable import ControlPlane

@Suite("Ids, traces and times")
struct ControlValuesTests {
    @Test("a UUIDv7 says when it was made, and sorts by it")
    func uuid() {
        let time = Date(timeIntervalSince1970: 1_700_000_000.123)
        let id = UUIDv7.make(at: time)
        #expect(id.text.hasPrefix("018bcfe5-687b-7"))
        #expect((id.uuid.8 & 0xC0) == 0x80)
        let ids = (0..<100).map { UUIDv7.make(at: time.addingTimeInterval(Double($0))).text }
        #expect(ids == ids.sorted())
        #expect(Set((0..<1000).map { _ in UUIDv7.make(at: time) }).count == 1000)
    }

    @Test(
        "a traceparent is read as the W3C has it",
        arguments: [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", false),
            ("", false), ("00", false),
        ])
    func traceParent(text: String, isValid: Bool) {
        #expect((TraceParent(text) != nil) == isValid)
    }

    @Test("a child stays in its trace and has a span of its own")
    func child() throws {
        let parent = TraceParent.make()
        let child = parent.child()
        #expect(child.traceID == parent.traceID)
        #expect(child.spanID != parent.spanID)
        #expect(TraceParent(child.description) == child)
    }

    @Test(
        "times are written with microseconds",
        arguments: [
            (0.0, "1970-01-01T00:00:00.000000Z"),
            (1_700_000_000.123456, "2023-11-14T22:13:20.123456Z"),
            (951_782_399.999999, "2000-02-28T23:59:59.999999Z"),
            (951_868_800.0, "2000-03-01T00:00:00.000000Z"),
            (-1.0, "1969-12-31T23:59:59.000000Z"),
        ])
    func time(seconds: Double, text: String) {
        #expect(ControlTime.text(Date(timeIntervalSince1970: seconds)) == text)
        #expect(ControlTime.date(text).map(ControlTime.text) == text)
    }

    @Test(
        "times are read with any fraction and offset",
        arguments: [
            ("2026-11-23T08:00:00Z", "2026-11-23T08:00:00.000000Z"),
            ("2026-11-23t10:00:00.5+02:00", "2026-11-23T08:00:00.500000Z"),
            ("2026-11-23T02:30:00.123456789-05:30", "2026-11-23T08:00:00.123456Z"),
            ("2026-11-23", nil), ("2026-13-23T08:00:00Z", nil), ("2026-11-23T08:00:00", nil),
            ("2026-11-23T08:00:00.Z", nil), ("yesterday at ten o'clock", nil),
        ] as [(String, String?)])
    func reading(text: String, same: String?) {
        #expect(ControlTime.date(text).map(ControlTime.text) == same)
    }
}

@Suite("The control plane's topics") struct ControlTopicTests {
    @Test(
        "are made as the map has them",
        arguments: [
            (ControlTopic.commands, "millrace.commands", 3, "delete"),
            (.events, "millrace.events", 3, "delete"),
            (.environments, "millrace.environments", 1, "compact"),
        ])
    func specification(topic: ControlTopic, name: String, partitions: Int, cleanup: String) {
        let specification = topic.specification(partitions: 3, replicationFactor: 2)
        #expect(specification.name == name)
        #expect(specification.partitions == partitions)
        #expect(specification.replicationFactor == 2)
        #expect(specification.configuration == ["cleanup.policy": cleanup])
    }
}
