/// A mistake in a pipeline folder: which file, where in it, what is wrong and what to do.
public struct PipelineError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file as the reader knows it: relative to the pipeline folder, or the folder's own path.
    public let file: String
    /// Counted from 1; nil when the mistake is the file itself.
    public let line: Int?
    /// Counted from 1, in characters.
    public let column: Int?
    /// What is wrong and what to do, without the place.
    public let message: String
    /// What else is wrong, in other places.
    public private(set) var others: [PipelineError] = []

    /// A mistake at a place.
    public init(file: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// The same mistake, of which more is said.
    public func adding(_ words: String) -> PipelineError {
        var error = PipelineError(file: file, line: line, column: column, message: message + words)
        error.others = others
        return error
    }

    /// All of `errors`, told together; nil when there is none.
    public init?(all errors: [PipelineError]) {
        guard var first = errors.first else { return nil }
        first.others += errors.dropFirst()
        self = first
    }

    /// `file:line:column: message`, the form editors and terminals turn into a link; one line for each mistake.
    public var description: String { ([own] + others.map(\.description)).joined(separator: "\n") }

    private var own: String {
        var place = file
        if let line {
            place += ":\(line)"
            if let column { place += ":\(column)" }
        }
        return "\(place): \(message)"
    }
}
