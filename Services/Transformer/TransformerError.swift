import ModelProject
import Pipeline
import Planning
import Postgres
import Warehouse

/// Why a plan, run or command failed.
public struct TransformerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A short word for programs; travels in `transform.failed`.
    public enum Code: String, Sendable {
        case unknownEnvironment = "unknown_environment"
        case unknownModel = "unknown_model"
        case invalidRequest = "invalid_request"
        case deadlinePassed = "deadline_passed"
        case auditFailed = "audit_failed"
        case sqlError = "sql_error"
        case pipelineError = "pipeline_error"
        case unavailable
        /// Another worker has this command now: whatever this one still does counts for nothing.
        case leaseLost = "lease_lost"
        /// The environment was changed while work was under way.
        case conflict
        case cancelled
    }

    public let code: Code
    public let message: String
    /// True when the same work may succeed later, unchanged.
    public let isRetriable: Bool

    public init(_ code: Code, _ message: String, isRetriable: Bool = false) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable
    }

    public var description: String { message }

    /// False for what would be met again by whatever is done next.
    var isOfTheModel: Bool { [.sqlError, .auditFailed, .pipelineError].contains(code) }

    /// Any error, told as one of this module.
    public static func from(_ error: any Error, doing what: String = "") -> TransformerError {
        let prefix = what.isEmpty ? "" : "\(what): "
        switch error {
        case let error as TransformerError: return error
        // It begins with its place, which editors and terminals make a link of.
        case let error as PipelineError: return TransformerError(.pipelineError, "\(error)")
        case let error as PostgresError:
            let gone = error.isConnectionGone || error.isRetriable
            return TransformerError(gone ? .unavailable : .sqlError, "\(prefix)\(error)", isRetriable: gone)
        case .relationInUse(let relation, let reason) as WarehouseError:
            return TransformerError(
                .conflict,
                "\(prefix)\(relation) cannot be changed: \(reason). Drop or change that first; nothing was promoted.")
        case let error as WarehouseError: return sql(error, in: nil, doing: what.isEmpty ? "the warehouse" : what)
        case let error as EnvironmentCatalog.Unreadable: return TransformerError(.pipelineError, "\(prefix)\(error)")
        case is CancellationError: return TransformerError(.cancelled, "\(prefix)cancelled", isRetriable: true)
        default: return TransformerError(.unavailable, "\(prefix)\(error)", isRetriable: true)
        }
    }

    /// A statement of a file that the database refused, told with its place in the file.
    /// - Parameters:
    ///   - prefix: What of the statement stood before `sql`.
    ///   - what: Which model, and what was done with it.
    static func sql(_ error: PostgresError, in sql: PlacedSQL, after prefix: String = "", doing what: String)
        -> TransformerError
    {
        let gone = error.isConnectionGone || error.isRetriable
        if gone || error.code != .server { return from(error, doing: what) }
        var bare = error
        bare.position = nil  // the file's place says it better
        return TransformerError(
            .sqlError, "\(sql.error(atCharacter: error.position, after: prefix, "\(what): \(bare)"))")
    }

    /// The same error, with the intervals that were being computed where its message does not say them.
    func of(_ intervals: IntervalSet) -> TransformerError {
        guard code == .sqlError || code == .auditFailed, !message.contains("\(intervals)") else { return self }
        return TransformerError(code, "\(message) This was for \(intervals).", isRetriable: isRetriable)
    }

    static func restatementDisabled(_ model: ModelDefinition) -> TransformerError {
        TransformerError(
            .invalidRequest,
            "\(model.name) is not computed again: what \(model.kind.name) has computed is history with disable_restatement, "
                + "which most of its kind have without being asked. Say (disable_restatement false) in its kind.")
    }

    static func unknownEnvironment(_ name: String, known: [String]) -> TransformerError {
        let list = known.isEmpty ? "none yet" : known.joined(separator: ", ")
        return TransformerError(
            .unknownEnvironment,
            "There is no environment \(name). Known: \(list). `transformer apply --environment \(name)` makes it.")
    }

    static func unknownModel(_ name: String, in environment: String) -> TransformerError {
        TransformerError(.unknownModel, "The environment \(environment) has no model \(name).")
    }
}
