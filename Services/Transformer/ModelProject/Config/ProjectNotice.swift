import Pipeline

/// Something that a project says, that is accepted and that has no effect here: told once, never an error.
public struct ProjectNotice: Sendable, Equatable, CustomStringConvertible {
    /// Relative to the pipeline folder.
    public let file: String
    /// From 1; nil when it is the file as a whole.
    public let line: Int?
    /// What has no effect, and why.
    public let message: String

    init(file: String, line: Int?, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    init(_ place: YAMLValue, _ message: String) {
        self.init(file: place.file, line: place.node.mark?.line, message: message)
    }

    public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(message)" }
}
