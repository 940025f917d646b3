/// A mistake in a contract: where it is, what is wrong and what to do.
public struct ContractProblem: Sendable, Equatable, CustomStringConvertible {
    /// Counted from 1; nil when the mistake has no place in the text.
    public let line: Int?
    /// Counted from 1.
    public let column: Int?
    /// Where in the document: `schema[0].properties[3].logicalType`.
    public let path: String
    public let message: String

    /// `path: message`.
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

/// Everything that is wrong with one contract file.
public struct ContractError: Error, Sendable, Equatable, CustomStringConvertible {
    public let file: String
    /// At least one, in the order of the text.
    public let problems: [ContractProblem]

    /// One line a problem: `file:line:column: path: message`.
    public var description: String {
        problems.map { problem in
            let place = [problem.line, problem.column].compactMap { $0.map { ":\($0)" } }.joined()
            return "\(file)\(place): \(problem)"
        }.joined(separator: "\n")
    }
}
