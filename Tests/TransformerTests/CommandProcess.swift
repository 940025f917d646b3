import Foundation
import Testing

/// A command as a user runs it: the built program, with a pipeline folder that can be edited between runs.
final class CommandFolder: Sendable {
    struct Outcome: Sendable {
        let code: Int32
        let output: String
        let errors: String

        /// Standard output as one JSON document.
        func json() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        }

        /// Standard output as one JSON list.
        func list() throws -> [[String: Any]] {
            try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
        }
    }

    let test: TestDatabase
    let url: URL

    init(_ test: TestDatabase, _ files: [String: String]) throws {
        self.test = test
        url = FileManager.default.temporaryDirectory.appending(path: "millrace-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (path, text) in files { try write(path, text) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ path: String, _ text: String) throws {
        let file = url.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func text(_ path: String) throws -> String { try String(contentsOf: url.appending(path: path), encoding: .utf8) }

    /// Runs `transformer` with `arguments`; nobody is at its terminal.
    func run(_ arguments: String...) async throws -> Outcome { try await run(arguments: arguments) }

    func run(arguments: [String]) async throws -> Outcome {
        try await run(program: ServeProcess.executable, arguments)
    }

    /// Runs it in a terminal at which somebody types `answer`.
    func run(answering answer: String, _ arguments: String...) async throws -> Outcome {
        let command = ([ServeProcess.executable.path()] + arguments).joined(separator: " ")
        let script = URL(fileURLWithPath: "/usr/bin/script")
        return try await run(program: script, ["-qec", command, "/dev/null"], input: answer + "\n")
    }

    /// Runs git in the folder.
    func git(_ arguments: String...) async throws {
        let names = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", url.path()]
        let outcome = try await run(program: URL(fileURLWithPath: "/usr/bin/git"), names + arguments)
        try #require(outcome.code == 0, "\(outcome.errors)")
    }

    private func run(program: URL, _ arguments: [String], input: String? = nil) async throws -> Outcome {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "POSTGRES_DB": test.name, "MILLRACE_PIPELINE": url.path(),
        ]) { _, new in new }
        process.standardOutput = output
        process.standardError = errors
        if let input {
            let pipe = Pipe()
            process.standardInput = pipe
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            // Left open: the end of the input would be an answer too.
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        let running = process
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        try running.run()
                        let text = output.fileHandleForReading.readDataToEndOfFile()
                        let said = errors.fileHandleForReading.readDataToEndOfFile()
                        running.waitUntilExit()
                        return Outcome(
                            code: running.terminationStatus, output: String(decoding: text, as: UTF8.self),
                            errors: String(decoding: said, as: UTF8.self))
                    })
            }
        }
    }
}

/// Runs `body` with a database that has two events, and a folder of `files` over it.
func withCommandFolder(
    _ files: [String: String], _ body: (TestDatabase, CommandFolder) async throws -> Void
) async throws {
    try await withDatabase { test in
        try await test.insert([("ada", "view", "2026-11-05 10:00Z"), ("bob", "click", "2026-11-06 10:00Z")])
        try await body(test, try CommandFolder(test, files))
    }
}
