import struct Foundation.Date

/// A message of the control plane: a type that knows its topic, its key and whom it is about.
///
/// Coded as JSON with snake_case names. Readers ignore fields they do not know; a new field must be optional.
public protocol ControlMessage: Codable, Sendable, Equatable {
    /// CloudEvents type, as `transform.requested`.
    static var type: String { get }
    static var topic: ControlTopic { get }
    /// Messages of one key keep their order.
    var key: String { get }
    /// CloudEvents subject: what the message is about. By default the key.
    var subject: String { get }
}

extension ControlMessage {
    public var subject: String { key }
}

/// Every message type there is. The one list that decoding goes by.
public enum ControlMessages {
    public static let all: [any ControlMessage.Type] = [
        TransformRequested.self, TransformCancelRequested.self,
        DataLanded.self,
        TransformStarted.self, TransformProgressed.self, TransformSucceeded.self, TransformFailed.self,
        ModelUpdated.self, EnvironmentPromoted.self,
        RunStarted.self, RunSucceeded.self, RunFailed.self,
        EnvironmentManifest.self, EnvironmentManifestPart.self, EnvironmentRemoved.self,
        SessionsEnded.self,
    ]

    static let byType: [String: any ControlMessage.Type] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.type, $0) })
}

/// A half-open stretch of time.
public struct ControlInterval: Codable, Sendable, Hashable {
    public var from: Date
    public var to: Date

    public init(from: Date, to: Date) {
        self.from = from
        self.to = to
    }

    /// A message has its limit: very many intervals become the one that covers them.
    static func few(_ intervals: [ControlInterval]) -> [ControlInterval] {
        guard intervals.count > 1_000, let first = intervals.map(\.from).min(), let last = intervals.map(\.to).max()
        else { return intervals }
        return [ControlInterval(from: first, to: last)]
    }
}
