// AlertReader: `alerts.yaml` of the pipeline folder.
import Curl
import Foundation
import Pipeline
import Spelling

enum AlertReader {
    static let file = "alerts.yaml"
    private static let mailBatch: Double = 5

    /// - Throws: what is wrong with the file. Without it there are no alerts.
    static func read(_ folder: PipelineFolder) throws(PipelineError) -> AlertRules {
        guard folder.contains(file) else { return AlertRules() }
        return try read(SourceFile(path: file, text: try folder.text(of: file)))
    }

    static func read(_ source: SourceFile) throws(PipelineError) -> AlertRules {
        let root = try YAMLReader.parse(source)
        let fields = try DAGFields(root, known: ["channels", "rules"])
        var rules = AlertRules()
        for (key, value) in try fields["channels"]?.mapping() ?? [] {
            guard PoolName.isGood(key.text) else { throw key.error("A channel's name is \(PoolName.rule).") }
            rules.channels.append(try channel(key.text, value))
        }
        let names = rules.channels.map(\.name)
        for value in try fields["rules"]?.sequence() ?? [] { rules.rules.append(try rule(value, channels: names)) }
        return rules
    }

    private static func channel(_ name: String, _ value: YAMLValue) throws(PipelineError) -> AlertChannel {
        let fields = try DAGFields(value, known: ["email", "webhook", "batch"])
        let email = try fields.texts("email", max: 50) ?? []
        for address in email {
            do throws(CurlError) {
                _ = try MailAddress(address)
            } catch {
                throw (fields["email"] ?? value).error("`\(address.prefix(80))` is no address such as ada@example.org.")
            }
        }
        var webhook: AlertChannel.Webhook?
        if let place = fields["webhook"] {
            let target = try DAGFields(place, known: ["url", "secret", "sign"])
            webhook = AlertChannel.Webhook(
                url: try target.text("url"), secret: try target.text("secret"), sign: try target.text("sign"))
            guard (webhook?.url == nil) != (webhook?.secret == nil) else {
                throw place.error(
                    "A webhook has either `url`, or `secret`, the name of the file that holds the address.")
            }
            if let url = webhook?.url, !isAddress(url) {
                throw place.error("`url` must be an http:// or https:// address.")
            }
        }
        guard email.isEmpty != (webhook == nil) else {
            throw value.error("A channel is either `email` or `webhook`.")
        }
        return AlertChannel(
            name: name, email: email, webhook: webhook,
            batch: try fields.duration("batch") ?? (webhook == nil ? mailBatch : 0))
    }

    /// Where a request may go.
    static func isAddress(_ text: String) -> Bool {
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty, url.user == nil else { return false }
        return ["http", "https"].contains(url.scheme?.lowercased() ?? "")
    }

    private static func rule(_ value: YAMLValue, channels: [String]) throws(PipelineError) -> AlertRule {
        let fields = try DAGFields(value, known: ["on", "dag", "owner", "tag", "deadline", "to"])
        var events: Set<AlertEvent> = []
        for word in try fields.texts("on") ?? [AlertEvent.failure.rawValue, AlertEvent.recovery.rawValue] {
            guard let event = AlertEvent(rawValue: word), event != .test else {
                throw (fields["on"] ?? value).error(
                    "`on` is of failure, retry, recovery and deadline; not `\(word.prefix(80))`.")
            }
            events.insert(event)
        }
        let deadline = try fields.duration("deadline")
        guard events.contains(.deadline) == (deadline != nil) else {
            throw value.error(
                "`on: deadline` and `deadline: 2h`, how long after its time a run should be over, go together.")
        }
        let to = try fields.texts("to", max: 50) ?? []
        guard !to.isEmpty else { throw value.error("`to` is missing: the channels that are told.") }
        for name in to where !channels.contains(name) {
            throw (fields["to"] ?? value).error(
                "There is no channel `\(name.prefix(80))`."
                    + KnownNames.hint(for: String(name.prefix(80)), in: channels, quote: "`"))
        }
        return AlertRule(
            events: events, dag: try fields.text("dag") ?? "*", owner: try fields.text("owner"),
            tag: try fields.text("tag"), deadline: deadline, to: to)
    }
}
