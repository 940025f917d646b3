// Output: what a command says to whoever ran it. Prose for people; one JSON object a line where `LOG_FORMAT=json` says that
// a machine reads along, as it does with one-shot containers. What is a command's data (`--json`, `render`, `export`) does
// not come through here.
import Foundation
import Synchronization

/// What commands say.
public enum Output {
    /// The service whose objects are written; `nil`: prose.
    private static let service = Mutex<String?>(nil)

    /// Chooses the form. `Observability.bootstrap` does it for every command that reads settings.
    static func configure(service name: String, format: LogSettings.Format) {
        service.withLock { $0 = format == .json ? name : nil }
    }

    /// Says one thing on standard output: `text` as it is, or
    /// `{"time":…,"level":"info","service":"raw-sink","message":…}`. Several lines stay one message.
    public static func line(_ text: String) {
        let text = service.withLock { $0 }.map { object(text, level: "info", service: $0) } ?? Secrets.masked(text)
        print(text)
        fflush(nil)  // a reader of a pipe sees it now, not at the end
    }

    /// The same on standard error, for what is not the command's result.
    public static func note(_ text: String) {
        let text = service.withLock { $0 }.map { object(text, level: "warning", service: $0) } ?? Secrets.masked(text)
        StandardError.write(text + "\n")
    }

    /// The error that ends a command: its lines behind the service's name, or one object.
    /// - Parameter flags: Of the command line, by key: settings may not have been read.
    static func failure(_ text: String, service name: String, flags: [String: String]) -> String {
        let setting = LogSettings.format
        let asked = flags[setting.key] ?? ProcessInfo.processInfo.environment[setting.environmentName]
        if service.withLock({ $0 }) != nil || asked?.lowercased() == LogSettings.Format.json.rawValue {
            return object(text, level: "error", service: name)
        }
        return Secrets.masked(text).split(whereSeparator: \.isNewline)
            .map { "\(name): \(LogText.escaped(String($0)))" }.joined(separator: "\n")
    }

    /// One line of JSON, as the log's are.
    private static func object(_ text: String, level: String, service: String) -> String {
        var line = "{\"time\":\"\(LogTime.now().text)\",\"level\":\"\(level)\",\"service\":"
        LogText.appendJSON(service, to: &line)
        line += ",\"message\":"
        LogText.appendJSON(Secrets.masked(text), to: &line)
        return line + "}"
    }
}
