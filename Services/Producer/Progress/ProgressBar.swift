import Foundation
import ServiceLifecycle

/// One line on a terminal that is written again and again while work goes on; nothing where there is no terminal.
struct ProgressBar: Sendable {
    /// Whether people watch: standard error is a terminal.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Runs a loop that reports, until the work has ended or is told to.
    static func untilDone(_ report: @escaping @Sendable (_ isWatched: Bool) async throws -> Void) async throws {
        let isWatched = Self.isWatched
        do {
            try await cancelWhenGracefulShutdown { try await report(isWatched) }
        } catch is CancellationError {
            if isWatched { end() }
        }
    }

    private static let width = 24

    /// `[#####---] 42 %  1,250,000 sent, 301,000/s, 12 s left`
    /// - Parameters:
    ///   - share: Of the work, 0 to 1; `nil` where its end is not known.
    ///   - counts: What there is to say of it.
    ///   - perSecond: Events.
    static func line(share: Double?, counts: String, perSecond: Double, elapsed: Duration) -> String {
        var text = ""
        if let share {
            let done = Int((min(max(share, 0), 1) * Double(width)).rounded(.down))
            text += "[" + String(repeating: "#", count: done) + String(repeating: "-", count: width - done) + "] "
            text += "\(Int(min(max(share, 0), 1) * 100)) %  "
        }
        text += "\(counts), \(grouped(Int(perSecond)))/s"
        let seconds = Double(elapsed.components.seconds)
        if let share, share > 0.01, share < 1 { text += ", \(Int(seconds / share - seconds)) s left" }
        return text
    }

    /// `1,250,000`
    static func grouped(_ number: Int) -> String {
        var digits = String(number)
        var text = ""
        while digits.count > 3 {
            text = "," + digits.suffix(3) + text
            digits.removeLast(3)
        }
        return digits + text
    }

    /// Writes over the last line.
    static func draw(_ line: String) { FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8)) }

    /// Ends the line, so that what follows stands below it.
    static func end() { FileHandle.standardError.write(Data("\n".utf8)) }
}
