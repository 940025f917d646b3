// WarehouseError: what every engine throws. Callers branch on cases and `isRetriable`, never on text.

/// What went wrong in the warehouse: what happened, to what, and what to do.
public enum WarehouseError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another sink has moved these partitions on. Nothing was written. Give them up and read the positions again:
    /// a retry would write rows twice.
    case fenced(topic: String, partitions: [Int32])
    /// The warehouse does not take a row of a batch. Nothing was written.
    /// - row: Its index in the batch, from 0, where the engine says which one it is.
    case rowRefused(row: Int?, column: String?, reason: String)
    case tableMissing(String)
    /// The table is not what the contract wants, and cannot be made so without losing data or locking readers out.
    case incompatibleTable(table: String, differences: [String])
    /// Rows that are to be merged have one key. Nothing was changed.
    case repeatedKey(key: String, value: String, count: Int)
    /// A check gave something else than one whole number.
    case noCount(answer: String)
    /// Something that is not ours to drop stands in the way. Nothing was changed.
    case relationInUse(relation: String, reason: String)
    /// No connection could be made: wrong host or port, or the server is away.
    case unreachable(reason: String)
    /// The server is there and does not let us in: wrong password, no such role or database, no trust in its certificate.
    case loginRefused(reason: String)
    case connectionLost(reason: String)
    /// The engine is there and has no room at the moment: too many connections, a deadlock, a full disk.
    case busy(reason: String)
    case permissionDenied(reason: String)
    case timedOut(reason: String)
    case cancelled
    /// The statement is wrong. `position` counts characters from 1.
    case invalidStatement(reason: String, position: Int?)
    /// A row of the result is larger than the reader takes. It was not sent.
    case rowTooLarge(bytes: Int, limit: Int)
    case failed(reason: String)

    /// True when the same call, unchanged, may work later. Retry loops ask this and nothing else.
    public var isRetriable: Bool {
        switch self {
        case .unreachable, .connectionLost, .busy: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .fenced(let topic, let partitions):
            "Another sink has landed messages of \(topic), partition \(partitions.map(String.init).joined(separator: ", ")), "
                + "meanwhile. Nothing was written; this sink gives them up."
        case .rowRefused(let row, let column, let reason):
            "The warehouse refused row \(row.map(String.init) ?? "?")\(column.map { ", column \($0)" } ?? ""): \(reason). "
                + "Nothing of the batch was written."
        case .tableMissing(let table):
            "\(table) is missing. Run `raw-sink init`, or check the contract's table."
        case .incompatibleTable(let table, let differences):
            "Table \(table) differs from its contract in a way that is not mended by itself:"
                + differences.map { "\n  \($0)" }.joined()
                + "\nChange the contract, or give it another table (physicalName)."
        case .repeatedKey(let key, let value, let count):
            "The query gives \(count) rows with the unique key (\(key)) = (\(value)). Nothing was changed; group the query, "
                + "or say which row counts: SELECT DISTINCT ON (\(key)) … ORDER BY \(key), …"
        case .noCount(let answer): "A check must give one whole number and gave \(answer)."
        case .relationInUse(let relation, let reason):
            "\(relation) cannot be changed: \(reason). Nothing was changed."
        case .unreachable(let reason): "The warehouse cannot be reached: \(reason)."
        case .loginRefused(let reason): "The warehouse lets nobody in: \(reason)."
        case .connectionLost(let reason): "Lost the warehouse: \(reason). The same call may work later."
        case .busy(let reason): "The warehouse is busy: \(reason). The same call may work later."
        case .permissionDenied(let reason):
            "The warehouse refused: \(reason). Whoever asks lacks a right there: `raw-sink init`, run by who owns the raw side, makes "
                + "it ready for the other services, and the documentation of the engine says what each of them needs."
        case .timedOut(let reason): "The time limit ran out: \(reason)."
        case .cancelled: "The statement was cancelled."
        case .invalidStatement(let reason, let position):
            "The statement is wrong\(position.map { " at character \($0)" } ?? ""): \(reason)"
        case .rowTooLarge(let bytes, let limit):
            "A row of the result has \(bytes) bytes; at most \(limit) are read."
        case .failed(let reason): "The warehouse failed: \(reason)"
        }
    }
}
