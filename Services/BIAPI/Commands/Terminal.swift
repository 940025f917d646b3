import Foundation
import ServiceRuntime

/// The terminal that a person types at.
enum Terminal {
    /// True when standard input is one.
    static var isInput: Bool { isatty(STDIN_FILENO) == 1 }

    /// Reads a line without showing it.
    static func readSecret(_ prompt: String) throws -> String {
        var attributes = termios()
        guard tcgetattr(STDIN_FILENO, &attributes) == 0 else {
            throw ExitError(.failed, "The terminal cannot be told to hide what is typed. Use --password-stdin.")
        }
        var hidden = attributes
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &attributes)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        FileHandle.standardError.write(Data(prompt.utf8))
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw ExitError(.failed, "No password was typed. Nothing was changed.")
        }
        return line
    }
}
