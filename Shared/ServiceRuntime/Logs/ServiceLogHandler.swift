// ServiceLogHandler: swift-log's lines as one JSON object each, or as readable text.
// Always: one event is one line and one write; the message is constant and the facts are in `fields`; a field whose
// name says that it is secret shows a mask.
import Foundation
import Logging

/// Writes log events of one service.
public struct ServiceLogHandler: LogHandler {
    /// The shape of lines.
    public enum Style: Sendable {
        case json, text, colouredText
    }

    private let service: String
    private let label: String
    private let style: Style
    private let write: @Sendable (String) -> Void

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    /// - Parameter write: Gets each line, with its line end; must be callable from any thread.
    public init(
        service: String, label: String, level: Logger.Level = .info, style: Style = .json,
        write: @escaping @Sendable (String) -> Void = StandardError.write
    ) {
        self.service = service
        self.label = label
        self.style = style
        self.write = write
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
        let time = LogTime.now().text
        write(style == .json ? json(event, fields, time) : text(event, fields, time))
    }

    private func json(_ event: LogEvent, _ fields: Logger.Metadata, _ time: String) -> String {
        var line = "{\"time\":\"\(time)\",\"level\":\"\(event.level.rawValue)\",\"service\":"
        LogText.appendJSON(service, to: &line)
        line += ",\"logger\":"
        LogText.appendJSON(label, to: &line)
        line += ",\"message\":"
        LogText.appendJSON(Secrets.masked(event.message.description), to: &line)
        if !fields.isEmpty {
            line += ",\"fields\":"
            LogFields.appendJSON(fields, to: &line)
        }
        return line + "}\n"
    }

    private func text(_ event: LogEvent, _ fields: Logger.Metadata, _ time: String) -> String {
        let coloured = style == .colouredText
        let level = event.level.rawValue.uppercased()
        let padded = level + String(repeating: " ", count: max(0, 8 - level.count))
        var line =
            coloured ? "\u{1B}[2m\(time)\u{1B}[0m \(Self.colour(event.level))\(padded)\u{1B}[0m" : "\(time) \(padded)"
        line += " \(label): " + LogText.escaped(Secrets.masked(event.message.description))
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += coloured ? " \u{1B}[2m\(LogText.escaped(key))=\u{1B}[0m" : " \(LogText.escaped(key))="
            LogFields.appendText(value, named: key, to: &line)
        }
        return line + "\n"
    }

    private static func colour(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "\u{1B}[2m"
        case .info: "\u{1B}[32m"
        case .notice: "\u{1B}[36m"
        case .warning: "\u{1B}[33m"
        case .error, .critical: "\u{1B}[31m"
        }
    }
}

/// The standard error of this process, a line at a time.
public enum StandardError {
    /// One `write` a line, so that lines of several threads do not mix.
    @Sendable public static func write(_ line: String) {
        let bytes = ContiguousArray(line.utf8)
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let written = Foundation.write(STDERR_FILENO, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { return }  // nobody reads it: there is nowhere left to say so
                done += written
            }
        }
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
