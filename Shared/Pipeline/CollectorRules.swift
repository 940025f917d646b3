// CollectorRules: what the collector makes of the calls of tracking SDKs: which topic, and which part of the call fills
// which field of the message. Read from `collector.yaml` of the pipeline folder; sensible without it.

/// How calls become messages.
public struct CollectorRules: Sendable, Equatable {
    /// Where a field's value comes from.
    public enum Source: Sendable, Equatable {
        /// A place in the call: `context.page.url`.
        case path([String])
        /// Always this text.
        case constant(String)
        /// The call's `messageId`, or a new id.
        case messageID
        /// The call's time, corrected by how far the sender's clock is off; the time of receipt without one.
        case timestamp
        case receivedAt
        /// The sender's address, as far as privacy settings leave it.
        case address
        /// The request's User-Agent, unless privacy settings drop it.
        case userAgent
        /// `track`, `page` …
        case call
    }

    /// A field of the message, filled by the first source that has something.
    public struct Field: Sendable, Equatable {
        public let name: String
        public let sources: [Source]
    }

    /// What becomes of one kind of call.
    public struct Call: Sendable, Equatable {
        public let topic: String
        public let fields: [Field]
    }

    /// The calls of the tracking API.
    public static let names = ["track", "page", "screen", "identify", "group", "alias"]

    /// By the call's name; every one of ``names`` is in it.
    public let calls: [String: Call]
}

extension CollectorRules {
    /// What is not said otherwise. Fields that the topic's contract does not name land in `_extra`.
    static let standardFields: [(String, [String])] = [
        ("event_id", ["@message_id"]),
        ("user_id", ["userId", "anonymousId"]),
        ("session_id", ["context.sessionId", "properties.session_id"]),
        ("event", ["event", "@call"]),
        ("timestamp", ["@timestamp"]),
        ("url", ["context.page.url", "properties.url"]),
        ("referrer", ["context.page.referrer", "properties.referrer"]),
        ("device", ["context.device.type"]),
        ("properties", ["properties", "traits"]),
        ("anonymous_id", ["anonymousId"]),
        ("previous_id", ["previousId"]),
        ("group_id", ["groupId"]),
        ("name", ["name"]),
        ("call", ["@call"]),
        ("context", ["context"]),
        ("received_at", ["@received_at"]),
        ("ip", ["@ip"]),
        ("user_agent", ["context.userAgent", "@user_agent"]),
    ]

    /// What `event` is called in calls that carry no name of an event.
    static let standardEvents = ["page": "=page_view", "screen": "=screen_view"]

    /// The rules of a pipeline without `collector.yaml`: everything goes to `topic`.
    public init(topic: String) {
        self.init(topic: topic, fields: Self.standardFields, calls: [:])
    }

    init(
        topic: String, fields: [(String, [String])],
        calls given: [String: (topic: String?, fields: [(String, [String])])]
    ) {
        var calls: [String: Call] = [:]
        for name in Self.names {
            var own = fields
            if let event = Self.standardEvents[name] { own = Self.replacing(own, ("event", [event])) }
            for field in given[name]?.fields ?? [] { own = Self.replacing(own, field) }
            let made = own.filter { !$0.1.isEmpty }.map { Field(name: $0.0, sources: $0.1.map(Self.source)) }
            calls[name] = Call(topic: given[name]?.topic ?? topic, fields: made)
        }
        self.init(calls: calls)
    }

    static func replacing(_ fields: [(String, [String])], _ field: (String, [String])) -> [(String, [String])] {
        var fields = fields
        if let index = fields.firstIndex(where: { $0.0 == field.0 }) {
            fields[index] = field
        } else {
            fields.append(field)
        }
        return fields
    }

    static let words: [String: Source] = [
        "@message_id": .messageID, "@timestamp": .timestamp, "@received_at": .receivedAt, "@ip": .address,
        "@user_agent": .userAgent, "@call": .call,
    ]

    private static func source(_ text: String) -> Source {
        if let word = words[text] { return word }
        if text.hasPrefix("=") { return .constant(String(text.dropFirst())) }
        return .path(text.split(separator: ".").map(String.init))
    }
}

extension PipelineFolder {
    /// The rules of `collector.yaml`; the standard ones for the pipeline's first topic (`events`, if there is one)
    /// without that file; `nil` when the pipeline has no topics.
    /// - Throws: ``PipelineError`` for a key that is not known, or a topic without a contract.
    public func collectorRules(topics: [String]) throws(PipelineError) -> CollectorRules? {
        guard let first = topics.contains("events") ? "events" : topics.first else { return nil }
        guard contains("collector.yaml") else { return CollectorRules(topic: first) }
        let file = try YAMLReader.parse(SourceFile(path: "collector.yaml", text: text(of: "collector.yaml")))
        return try CollectorReader(topics: topics).read(file, first)
    }
}

private struct CollectorReader {
    let topics: [String]

    func read(_ file: YAMLValue, _ first: String) throws(PipelineError) -> CollectorRules {
        var topic = first
        var fields = CollectorRules.standardFields
        var calls: [String: (topic: String?, fields: [(String, [String])])] = [:]
        for (key, value) in try file.mapping() {
            switch key.text {
            case "topic": topic = try self.topic(value)
            case "fields": for field in try self.fields(value) { fields = CollectorRules.replacing(fields, field) }
            case "calls":
                for (name, call) in try value.mapping() {
                    guard CollectorRules.names.contains(name.text) else {
                        throw name.error("\"\(name.text)\" is no call.\(nearest(name.text, CollectorRules.names))")
                    }
                    calls[name.text] = try self.call(call)
                }
            default:
                throw key.error(
                    "\"\(key.text)\" is not known here.\(nearest(key.text, ["topic", "fields", "calls"]))")
            }
        }
        return CollectorRules(topic: topic, fields: fields, calls: calls)
    }

    private func call(_ value: YAMLValue) throws(PipelineError) -> (topic: String?, fields: [(String, [String])]) {
        var found: (topic: String?, fields: [(String, [String])]) = (nil, [])
        for (key, value) in try value.mapping() {
            switch key.text {
            case "topic": found.topic = try topic(value)
            case "fields": found.fields = try fields(value)
            default: throw key.error("\"\(key.text)\" is not known here.\(nearest(key.text, ["topic", "fields"]))")
            }
        }
        return found
    }

    private func topic(_ value: YAMLValue) throws(PipelineError) -> String {
        let name = try value.string()
        guard topics.contains(name) else {
            throw value.error("No contract has the topic \(name).\(nearest(name, topics))")
        }
        return name
    }

    private func fields(_ value: YAMLValue) throws(PipelineError) -> [(String, [String])] {
        var fields: [(String, [String])] = []
        for (name, sources) in try value.mapping() {
            var texts: [String] = []
            for source in sources.node.scalar == nil ? try sources.sequence() : sources.isNull ? [] : [sources] {
                let text = try source.string()
                let words = CollectorRules.words
                guard !text.hasPrefix("@") || words[text] != nil, !text.isEmpty, text.first != "." else {
                    throw source.error(
                        "Expected a path, =text, or one of \(words.keys.sorted().joined(separator: ", "))."
                            + (text.hasPrefix("@") ? nearest(text, words.keys) : ""))
                }
                texts.append(text)
            }
            fields.append((name.text, texts))
        }
        return fields
    }
}
