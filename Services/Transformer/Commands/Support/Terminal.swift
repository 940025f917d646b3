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
        // Not waited for when the command is told to stop: who reads a terminal cannot be woken.
        let (answers, give) = AsyncStream<String>.makeStream()
        DispatchQueue.global().async {
            if let line = readLine() { give.yield(line) }
            give.finish()
        }
        let answer = await answers.first { _ in true }
        try Task.checkCancellation()
        return ["y", "yes"].contains(answer?.trimmingCharacters(in: .whitespaces).lowercased())
    }
}
