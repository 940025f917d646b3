import SQL

// FunctionRules: which functions a query of the SQL page may call.
// Always: a function that the database itself calls volatile, and any of its administration, is refused unless it is in
// the list of the harmless; what cannot be read with certainty is refused.

/// Knows what must not be called.
actor FunctionRules {
    /// Names of the functions that have effects, as the database lists them.
    typealias Source = @Sendable () async throws -> Set<String>

    private let source: Source
    private let memory: Duration
    private var volatile: (names: Set<String>, until: ContinuousClock.Instant)?

    /// Volatile, or of the administration, and yet of no harm to anybody but the asker's own query.
    private static let harmless: Set<String> = [
        "random", "random_normal", "clock_timestamp", "timeofday", "gen_random_uuid", "uuid_generate_v4", "pg_sleep",
        "pg_sleep_for", "pg_sleep_until", "pg_typeof", "pg_column_size", "pg_size_pretty", "pg_size_bytes",
        "pg_relation_size", "pg_table_size", "pg_total_relation_size", "pg_indexes_size", "pg_get_viewdef",
        "pg_is_in_recovery",
    ]
    private static let prefixes = ["pg_", "lo_", "dblink", "binary_upgrade_", "txid_"]

    init(memory: Duration = .seconds(300), source: @escaping Source) {
        self.source = source
        self.memory = memory
    }

    /// - Throws: ``QueryFailure`` with the place of the first call that is not allowed.
    func check(_ sql: String) async throws(QueryFailure) {
        let calls = try Self.calls(in: sql)
        guard !calls.isEmpty else { return }
        let volatile = try await names()
        for call in calls where !Self.harmless.contains(call.name) {
            let isAdministration = Self.prefixes.contains { call.name.hasPrefix($0) }
            guard isAdministration || volatile.contains(call.name) else { continue }
            throw QueryFailure(
                code: .refused, message: "The function \(call.name) may not be called here: it can have effects.",
                position: QueryGuard.characters(before: call.range, in: sql))
        }
    }

    /// Every name that stands before a parenthesis: more than the calls, and never fewer.
    private static func calls(in sql: String) throws(QueryFailure) -> [(name: String, range: SourceRange)] {
        let tokens: ContiguousArray<Token>
        do throws(SQLError) {
            tokens = try tokenize(sql, dialect: .postgres).tokens
        } catch {
            throw QueryFailure(code: .refused, message: error.message)
        }
        var calls: [(name: String, range: SourceRange)] = []
        for (index, token) in tokens.enumerated() {
            if token.kind == .quotedName {
                let before = index >= 1 ? sql.sql(in: tokens[index - 1].range) : ""
                let text = sql.sql(in: token.range)
                if text.first?.lowercased() == "u"
                    || (before == "&" && index >= 2 && isUnicodeMark(tokens[index - 2], sql))
                {
                    throw QueryFailure(
                        code: .refused, message: "Write names with their letters, without U& escapes.",
                        position: QueryGuard.characters(before: token.range, in: sql))
                }
            }
            guard index + 1 < tokens.count, tokens[index + 1].kind == .leftParenthesis,
                token.kind == .word || token.kind == .quotedName
            else { continue }
            if index >= 1, isSampling(token, after: tokens[index - 1], sql) { continue }
            calls.append((name(of: token, in: sql), token.range))
        }
        return calls
    }

    /// `TABLESAMPLE bernoulli (10)` calls nothing. The word before is reserved: no column or table is called so.
    private static func isSampling(_ token: Token, after word: Token, _ sql: String) -> Bool {
        word.kind == .word && sql.sql(in: word.range).lowercased() == "tablesample"
            && ["bernoulli", "system"].contains(name(of: token, in: sql))
    }

    private static func isUnicodeMark(_ token: Token, _ sql: String) -> Bool {
        token.kind == .word && sql.sql(in: token.range).lowercased() == "u"
    }

    private static func name(of token: Token, in sql: String) -> String {
        let text = sql.sql(in: token.range)
        guard token.kind == .quotedName else { return text.lowercased() }
        return String(text.dropFirst().dropLast()).replacing("\"\"", with: "\"")
    }

    private func names() async throws(QueryFailure) -> Set<String> {
        let now = ContinuousClock.now
        if let volatile, volatile.until > now { return volatile.names }
        do {
            let names = try await source()
            volatile = (names, now + memory)
            return names
        } catch let failure as QueryFailure {
            throw failure
        } catch {
            throw QueryFailure(code: .unavailable, message: "The warehouse does not answer. Try again shortly.")
        }
    }
}

extension FunctionRules {
    /// Lists the volatile functions of the warehouse.
    static func source(_ engine: any QueryEngine) -> Source {
        {
            let rows = try await engine.read(
                "SELECT DISTINCT proname FROM pg_catalog.pg_proc WHERE provolatile = 'v'", timeMax: .seconds(10),
                into: TextRows(rowsMax: 100_000))
            return Set(rows.rows.compactMap { $0.first ?? nil })
        }
    }
}
