/// Audits that look at each row on its own and return the rows that are wrong. What is NULL is left to `not_null`.
enum RowAudits {
    static let all = values + texts + patterns

    private static let values: [BuiltInAudit] = [
        BuiltInAudit(name: "not_null", parameters: [.columns]) { call in
            rows(call, where: call.list("columns").map { "(\($0)) IS NULL" }.joined(separator: " OR "))
        },
        BuiltInAudit(name: "accepted_values", parameters: [.column, .list("is_in")]) { call in
            rows(call, where: "(\(call.one("column"))) NOT IN (\(call.joined("is_in")))")
        },
        BuiltInAudit(name: "not_accepted_values", parameters: [.column, .list("is_in")]) { call in
            rows(call, where: "(\(call.one("column"))) IN (\(call.joined("is_in")))")
        },
        BuiltInAudit(name: "accepted_range", parameters: [.column] + .limits, oneOf: ["min_v", "max_v"]) { call in
            rows(call, where: call.outside("(\(call.one("column")))"))
        },
        BuiltInAudit(name: "forall", parameters: [.list("criteria")]) { call in
            rows(call, where: call.list("criteria").map { "NOT (\($0))" }.joined(separator: " OR "))
        },
    ]

    private static let texts: [BuiltInAudit] = [
        BuiltInAudit(name: "not_empty_string", parameters: [.column]) { call in
            rows(call, where: "(\(call.one("column"))) = ''")
        },
        BuiltInAudit(name: "string_length_between", parameters: [.column] + .limits, oneOf: ["min_v", "max_v"]) {
            call in
            rows(call, where: call.outside("LENGTH(\(call.one("column")))"))
        },
        BuiltInAudit(name: "string_length_equal", parameters: [.column, .number("v")]) { call in
            rows(call, where: "LENGTH(\(call.one("column"))) <> (\(call.one("v")))")
        },
        BuiltInAudit(name: "valid_http_method", parameters: [.column]) { call in
            rows(
                call,
                where: "(\(call.one("column"))) NOT IN ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', "
                    + "'CONNECT', 'TRACE')")
        },
        // The versions of RFC 9562, so that those of today's generators (6, 7) are valid too.
        BuiltInAudit(name: "valid_uuid", parameters: [.column]) { call in
            let hexadecimal = "[0-9a-f]"
            let pattern =
                "\(hexadecimal){8}-\(hexadecimal){4}-[1-8]\(hexadecimal){3}-[89ab]\(hexadecimal){3}-\(hexadecimal){12}"
            return rows(call, where: "CAST(\(call.one("column")) AS text) !~* '^\(pattern)$'")
        },
        BuiltInAudit(name: "valid_url", parameters: [.column]) { call in
            rows(call, where: "(\(call.one("column"))) !~ '^(?:ftp|https?)://[^[:space:]/$.?#][^[:space:]]*$'")
        },
        BuiltInAudit(name: "valid_email", parameters: [.column]) { call in
            rows(call, where: "(\(call.one("column"))) !~ '^[[:alnum:]_.+-]+@[[:alnum:]-]+[.][[:alnum:].-]+$'")
        },
    ]

    private static let patterns: [BuiltInAudit] = [
        BuiltInAudit(name: "match_regex_pattern_list", parameters: [.column, .list("patterns")]) { call in
            rows(call, where: matches(call, "!~", " AND "))
        },
        BuiltInAudit(name: "not_match_regex_pattern_list", parameters: [.column, .list("patterns")]) { call in
            rows(call, where: matches(call, "~", " OR "))
        },
        BuiltInAudit(name: "match_like_pattern_list", parameters: [.column, .list("patterns")]) { call in
            rows(call, where: matches(call, "NOT LIKE", " AND "))
        },
        BuiltInAudit(name: "not_match_like_pattern_list", parameters: [.column, .list("patterns")]) { call in
            rows(call, where: matches(call, "LIKE", " OR "))
        },
    ]

    private static func matches(_ call: BuiltInAudit.Values, _ sign: String, _ joint: String) -> String {
        call.list("patterns").map { "(\(call.one("column"))) \(sign) (\($0))" }.joined(separator: joint)
    }

    private static func rows(_ call: BuiltInAudit.Values, where condition: String) -> String {
        "SELECT * FROM \(call.rows) WHERE \(condition)"
    }
}

extension [BuiltInAudit.Parameter] {
    /// `min_v`, `max_v` and whether they themselves are allowed.
    static let limits = BuiltInAudit.Parameter.limits
}
