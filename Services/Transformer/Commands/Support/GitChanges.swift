import Foundation
import ServiceRuntime

/// Which files of a pipeline folder differ from those of a git branch: for `--select-model git:main`.
struct GitChanges: Sendable {
    /// The pipeline folder; anywhere in a git checkout.
    let folder: String

    /// What was changed on the way from `branch` to here, committed or not, and what git does not know yet. Files that are
    /// gone are left out.
    /// - Returns: Paths relative to the folder.
    /// - Throws: ``ExitError`` when there is no git, no checkout or no such branch.
    func files(since branch: String) async throws -> Set<String> {
        do {
            _ = try await git("rev-parse", "--verify", "--quiet", "--end-of-options", "\(branch)^{commit}")
        } catch let failure as Failure where failure.said.isEmpty {
            throw ExitError(.failed, "git:\(branch): there is no branch or commit \(branch) in \(folder).")
        } catch let failure as Failure {
            throw ExitError(.failed, "git:\(branch): \(failure.said)")
        }
        do {
            let committed = try await git(
                "diff", "--name-only", "-z", "--diff-filter=d", "--relative", "\(branch)...HEAD", "--", ".")
            let changed = try await git("diff", "--name-only", "-z", "--diff-filter=d", "--relative", "HEAD", "--", ".")
            let untracked = try await git("ls-files", "-z", "--others", "--exclude-standard", "--", ".")
            return Set([committed, changed, untracked].flatMap { $0.split(separator: "\0").map(String.init) })
        } catch let failure as Failure {
            throw ExitError(.failed, "git:\(branch): \(failure.said)")
        }
    }

    /// What git said when it could not.
    private struct Failure: Error { let said: String }

    private func git(_ arguments: String...) async throws -> String {
        let folder = folder
        return try await OffPool.run { try Self.run(["-C", folder] + arguments) }
    }

    /// Waits for git to end.
    private static func run(_ arguments: [String]) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let places = path.split(separator: ":").map { "\($0)/git" }
        guard let program = places.first(where: FileManager.default.isExecutableFile) else {
            throw ExitError(.failed, "There is no git on this machine's PATH, which git: in a selection needs.")
        }
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // Git writes a line or two of errors, which the pipe holds: nobody waits for the other.
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            throw Failure(said: words)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
