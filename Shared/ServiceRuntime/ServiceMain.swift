// ServiceMain: what the `@main` of every service does: take the settings' flags out of the command line, run the
// command, and end with a line and a code that a script can rely on.
import ArgumentParser
import Foundation
import Spelling

/// Runs a service's commands.
public enum ServiceMain {
    /// Runs the command that the command line names and ends the process.
    /// - Parameters:
    ///   - root: The command that holds the others; its name is the executable's.
    ///   - service: Its settings are taken as flags by every command.
    public static func run<Root: ParsableCommand>(_ root: Root.Type, _ service: ServiceDescription) async -> Never {
        signal(SIGPIPE, SIG_IGN)  // a closed socket or pipe is an error of that write, not the end of the process
        OpenFiles.raiseLimit()
        let outcome = await outcome(of: root, service, arguments: Array(CommandLine.arguments.dropFirst()))
        if !outcome.output.isEmpty { print(outcome.output) }
        if !outcome.errors.isEmpty { StandardError.write(outcome.errors + "\n") }
        ProcessEnd.now(outcome.code)
    }

    /// What a command line leads to, without ending the process.
    static func outcome<Root: ParsableCommand>(
        of root: Root.Type, _ service: ServiceDescription, arguments: [String]
    ) async -> (code: Int32, output: String, errors: String) {
        var flags: [String: String] = [:]
        var words: [String] = []
        do {
            let (values, rest) = try SettingFlags.split(arguments, groups: service.groups)
            flags = values
            words = rest
            try await SettingFlags.$current.withValue(values) {
                var command = try root.parseAsRoot(rest)
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            }
            return (ExitCode.ok.rawValue, "", "")
        } catch let error as SettingsError {
            return (ExitCode.configuration.rawValue, "", failure(error.description, service, flags))
        } catch let error as ExitError {
            return (error.code.rawValue, "", failure(error.description, service, flags))
        } catch {
            return parserOutcome(of: root, service, flags, words, error)
        }
    }

    /// swift-argument-parser's own errors: help is a success, a wrong command line has Millrace's code for it.
    private static func parserOutcome<Root: ParsableCommand>(
        of root: Root.Type, _ service: ServiceDescription, _ flags: [String: String], _ words: [String],
        _ error: any Error
    ) -> (code: Int32, output: String, errors: String) {
        let code = root.exitCode(for: error)
        if code.isSuccess { return (ExitCode.ok.rawValue, root.fullMessage(for: error), "") }
        if code == .validationFailure {
            return (ExitCode.usage.rawValue, "", Secrets.masked(root.fullMessage(for: error) + hint(root, words)))
        }
        if let own = error as? ArgumentParser.ExitCode { return (own.rawValue, "", "") }
        return (ExitCode.failed.rawValue, "", failure("\(error)", service, flags))
    }

    /// The command that was perhaps meant, where the first word is none.
    private static func hint<Root: ParsableCommand>(_ root: Root.Type, _ words: [String]) -> String {
        let commands = root.configuration.subcommands.map { $0.configuration }
        let known = commands.compactMap(\.commandName) + commands.flatMap(\.aliases)
        guard let word = words.first, !word.hasPrefix("-"), !known.contains(word) else { return "" }
        return KnownNames.nearest(to: word, in: known).map { "\nDid you mean `\($0)`?" } ?? ""
    }

    /// Without secrets and terminal codes; nothing where there is nothing to say.
    private static func failure(_ text: String, _ service: ServiceDescription, _ flags: [String: String]) -> String {
        text.isEmpty ? "" : Output.failure(text, service: service.name, flags: flags)
    }
}
