// AlertRules: who is told of what. Plain values: what happened in, channels out.
import Foundation

/// What people are told of.
public enum AlertEvent: String, Codable, Sendable, CaseIterable {
    /// A run has failed.
    case failure
    /// An attempt has failed, and there will be another.
    case retry
    /// A run has succeeded after one that had failed.
    case recovery
    /// A run is not over when it should be.
    case deadline
    /// Somebody wanted to know whether a channel works.
    case test
}

/// Where alerts go.
struct AlertChannel: Sendable, Equatable {
    /// Somebody's server.
    struct Webhook: Sendable, Equatable {
        var url: String?
        /// The secret that holds the address, by name: Slack's are secret.
        var secret: String?
        /// The secret that signs, by name.
        var sign: String?
    }

    var name: String
    var email: [String] = []
    var webhook: Webhook?
    /// How long the first waits for others, in seconds: a storm is one mail.
    var batch: Double
}

/// Which alerts go where.
struct AlertRule: Sendable, Equatable {
    var events: Set<AlertEvent>
    /// `*` for any letters.
    var dag: String
    var owner: String?
    var tag: String?
    /// How long after its time a run should be over, in seconds.
    var deadline: Double?
    var to: [String]
}

/// What `alerts.yaml` says.
struct AlertRules: Sendable, Equatable {
    var channels: [AlertChannel] = []
    var rules: [AlertRule] = []

    /// Whom an event is about.
    struct Subject: Sendable, Equatable {
        var dag: String
        var owners: Set<String> = []
        var tags: Set<String> = []
    }

    /// The channels that are told, each once, by name.
    func channels(for event: AlertEvent, of subject: Subject) -> [String] {
        Set(rules.filter { $0.events.contains(event) && $0.means(subject) }.flatMap(\.to)).sorted()
    }

    /// How long after its time a run should be over, and who is told when it is not.
    func deadlines(of subject: Subject) -> [(after: Double, to: [String])] {
        rules.compactMap { rule in
            guard let deadline = rule.deadline, rule.events.contains(.deadline), rule.means(subject) else { return nil }
            return (deadline, rule.to)
        }
    }

    func channel(_ name: String) -> AlertChannel? { channels.first { $0.name == name } }
}

extension AlertRule {
    func means(_ subject: AlertRules.Subject) -> Bool {
        ModelSelection.matches(subject.dag[...], dag[...]) && owner.map { subject.owners.contains($0) } ?? true
            && tag.map { subject.tags.contains($0) } ?? true
    }
}
