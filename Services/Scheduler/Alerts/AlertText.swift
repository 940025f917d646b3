// AlertText: alerts as people read them. Nothing of a failure's message becomes markup.
import ControlPlane
import Foundation

enum AlertText {
    static func subject(_ alerts: [AlertRecord]) -> String {
        guard alerts.count > 1 else { return "[Millrace] \(alerts.first?.subject ?? "")" }
        let dags = Set(alerts.map(\.dag)).sorted()
        let more = dags.count > 3 ? " and \(dags.count - 3) more" : ""
        return "[Millrace] \(alerts.count) alerts: \(dags.prefix(3).joined(separator: ", "))\(more)"
    }

    static func text(_ alerts: [AlertRecord]) -> String {
        alerts.map { alert in
            var lines = [alert.subject]
            if let detail = alert.detail { lines.append(detail) }
            lines.append("\(ControlTime.text(alert.at))" + (alert.run.map { ", run \($0)" } ?? ""))
            return lines.joined(separator: "\n")
        }.joined(separator: "\n\n") + "\n"
    }

    static func html(_ alerts: [AlertRecord]) -> String {
        alerts.map { alert in
            "<p><strong>\(escaped(alert.subject))</strong>"
                + (alert.detail.map { "<br><code>\(escaped($0))</code>" } ?? "")
                + "<br><small>\(ControlTime.text(alert.at))\(alert.run.map { ", run \(escaped($0))" } ?? "")</small></p>"
        }.joined(separator: "\n")
    }

    /// What Slack and those like it take.
    static func chat(_ alerts: [AlertRecord]) throws -> [UInt8] {
        struct Message: Encodable { var text: String }
        let text = alerts.map { alert in
            "*\(escaped(alert.subject))*" + (alert.detail.map { "\n\(escaped($0))" } ?? "")
        }.joined(separator: "\n")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return Array(try encoder.encode(Message(text: ControlText.cut(text, to: 30_000))))
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
