import Foundation

/// The person at the other end, if there is one.
enum Terminal {
    /// Whether somebody reads standard output and can answer on standard input.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Whether standard output is a terminal, on which lines can be written over.
    static var isWritable: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Asks until the line ends. What is not a yes is a no, an end of the input too.
    static func confirms(_ question: String) async throws -> Bool {
        print("\(question) [y/N] ", terminator: "")
        fflush(nil)
        let answer = try await OffPool.run { readLine() }
        return ["y", "yes"].contains(answer?.trimmingCharacters(in: .whitespaces).lowercased())
    }
}
