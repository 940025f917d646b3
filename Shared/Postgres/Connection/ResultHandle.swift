// ResultHandle: the owner of one PGresult, and what is read from it.
import CLibpq

/// Owns a `PGresult`. `@unchecked Sendable`: "PGresult objects are read-only after creation, and so can be passed around
/// freely between threads" (libpq manual, "Behavior in Threaded Programs"); it is freed once, with the last reference.
final class ResultHandle: @unchecked Sendable {
    private let raw: OpaquePointer
    let rowCount: Int32

    init(_ raw: OpaquePointer) {
        self.raw = raw
        rowCount = PQntuples(raw)
    }

    deinit { PQclear(raw) }

    var status: ExecStatusType { PQresultStatus(raw) }

    /// What kind of statement it was: `SELECT`, `COMMIT`, `ROLLBACK`, `INSERT` …
    var commandTag: String { PQcmdStatus(raw).map { String(cString: $0) } ?? "" }

    /// What it takes in memory.
    var byteCount: Int { PQresultMemorySize(raw) }

    var affectedRows: Int { PQcmdTuples(raw).flatMap { Int(String(cString: $0)) } ?? 0 }

    var columns: PostgresColumns {
        PostgresColumns(
            (0..<PQnfields(raw)).map { index in
                PostgresColumn(
                    name: PQfname(raw, index).map { String(cString: $0) } ?? "",
                    type: PostgresType(rawValue: PQftype(raw, index)), modifier: PQfmod(raw, index))
            })
    }

    /// The cell's text; nil for NULL. Valid as long as this object.
    func bytes(row: Int32, column: Int32) -> UnsafeBufferPointer<UInt8>? {
        if PQgetisnull(raw, row, column) == 1 { return nil }
        let length = Int(PQgetlength(raw, row, column))
        guard let start = PQgetvalue(raw, row, column) else { return nil }
        return start.withMemoryRebound(to: UInt8.self, capacity: length) {
            UnsafeBufferPointer(start: UnsafePointer($0), count: length)
        }
    }

    /// A field of the server's error report, by its letter.
    func errorField(_ code: Int32) -> String? { PQresultErrorField(raw, code).map { String(cString: $0) } }

    /// The whole of an error that has no fields, such as a lost connection.
    var errorMessage: String { PQresultErrorMessage(raw).map { String(cString: $0) } ?? "" }
}

/// Letters of the fields of an error report (libpq's `PG_DIAG_…`, which are macros of characters).
enum ErrorField {
    static let severity = Int32(UInt8(ascii: "V"))
    static let sqlState = Int32(UInt8(ascii: "C"))
    static let message = Int32(UInt8(ascii: "M"))
    static let detail = Int32(UInt8(ascii: "D"))
    static let hint = Int32(UInt8(ascii: "H"))
    static let position = Int32(UInt8(ascii: "P"))
    static let context = Int32(UInt8(ascii: "W"))
    static let schema = Int32(UInt8(ascii: "s"))
    static let table = Int32(UInt8(ascii: "t"))
    static let column = Int32(UInt8(ascii: "c"))
    static let constraint = Int32(UInt8(ascii: "n"))
}

extension PostgresError {
    /// Reads an error report. `gone`: the connection does not work any more.
    init(report: ResultHandle, cancelledByUs: Bool, gone: Bool, address: String) {
        let state = report.errorField(ErrorField.sqlState).map(SQLState.init(rawValue:))
        let message = report.errorField(ErrorField.message) ?? PostgresError.trimmed(report.errorMessage)
        let code: Code =
            if gone {
                .connectionLost
            } else if state == .queryCancelled {
                // The server has one code for both; only its words tell which limit it was.
                !cancelledByUs && message.contains("statement timeout") ? .timedOut : .cancelled
            } else if state == .lockNotAvailable {
                message.contains("lock timeout") ? .timedOut : .server
            } else {
                .server
            }
        self.init(code, gone ? "Lost \(address): \(message)" : message)
        sqlState = state
        detail = report.errorField(ErrorField.detail)
        hint = report.errorField(ErrorField.hint)
        position = report.errorField(ErrorField.position).flatMap { Int($0) }
        context = report.errorField(ErrorField.context)
        schema = report.errorField(ErrorField.schema)
        table = report.errorField(ErrorField.table)
        column = report.errorField(ErrorField.column)
        constraint = report.errorField(ErrorField.constraint)
    }

    /// libpq's own messages end in a line break.
    static func trimmed(_ message: String) -> String {
        message.split(whereSeparator: \.isNewline)
            .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            .joined(separator: " ")
    }
}
