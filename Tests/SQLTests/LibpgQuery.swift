import CLibpgQuery

/// PostgreSQL's own parser, as a judge of the text that this module writes.
enum LibpgQuery {
    /// A number that is the same for texts which PostgreSQL reads as the same statement but for constants' values.
    /// Nil when PostgreSQL does not accept the text.
    static func fingerprint(_ text: String) -> String? {
        let result = pg_query_fingerprint(text)
        defer { pg_query_free_fingerprint_result(result) }
        return result.error == nil ? result.fingerprint_str.map { String(cString: $0) } : nil
    }

    /// Why PostgreSQL does not accept the text; nil when it does.
    static func error(_ text: String) -> String? {
        let result = pg_query_fingerprint(text)
        defer { pg_query_free_fingerprint_result(result) }
        return result.error.map { String(cString: $0.pointee.message) }
    }
}
