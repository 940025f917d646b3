// Logs of a run's attempts, over HTTP: page by page as JSON, or as text to keep.
import Foundation
import HTTPTypes
import Hummingbird
import Web

extension APIRoutes {
    private static let linesMax = 1_000
    private static let textLinesMax = 20_000

    /// `?task=`, `?attempt=`, `?q=` choose lines; `?format=text` gives them as a file.
    @Sendable func logs(_ request: Request, _ context: WebContext) async throws -> Response {
        let query = request.uri.queryParameters
        let (task, words) = (query["task"].map(String.init), query["q"].map(String.init))
        guard ![task, words].contains(where: { $0?.utf8.contains(0) == true }) else {
            throw Problem(.badRequest, "There is no NUL in a log.")
        }
        let attempt = try number(query["attempt"], "attempt", in: 1...Int(Int32.max))
        let after = Int64(try number(query["cursor"], "cursor", in: 0...Int.max) ?? 0)
        return try await refusing {
            let run = try await store.run(context.parameters.require("run")).run.run
            if query["format"] == "text" {
                let lines = try await store.logs(
                    of: run, name: task, attempt: attempt, words: words, limit: Self.textLinesMax)
                return Response(
                    status: .ok,
                    headers: [
                        .contentType: "text/plain; charset=utf-8",
                        .contentDisposition: "attachment; filename=\"\(run).log\"",
                    ], body: .init(byteBuffer: ByteBuffer(string: LogText.text(lines))))
            }
            let lines = try await store.logs(
                of: run, name: task, attempt: attempt, words: words, after: after, limit: Self.linesMax)
            return try StateAnswer.json(
                Page(
                    items: lines,
                    nextCursor: lines.count == Self.linesMax ? lines.last.map { String($0.sequence) } : nil))
        }
    }

    private func number(_ text: Substring?, _ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(.badRequest, "The \(name) must be a number.")
        }
        return number
    }
}

/// A log as text.
enum LogText {
    static func text(_ lines: [LogLine]) -> String {
        lines.map { line in
            "\(StateTime.text(line.at)) \(line.level.rawValue) \(line.name)#\(line.attempt): "
                + line.message.replacing("\n", with: "\n    ") + "\n"
        }.joined()
    }
}
