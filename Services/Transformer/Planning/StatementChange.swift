/// What a change of the statements before and after a query does to the rows that are there.
struct StatementChange {
    private let before: [String]
    private let after: [String]

    /// - Parameters:
    ///   - old: As snapshots have them: `before …`, `after …`.
    ///   - new: The same.
    init(from old: [String], to new: [String]) {
        before = old
        after = new
    }

    /// Whether every row stays what it is: only statements after the query differ, and those that do change no rows. What
    /// stands before the query may change what it gives.
    var keepsRows: Bool {
        let changed = Set(before).symmetricDifference(after)
        return changed.allSatisfy(Self.changesNoRows)
    }

    /// Whether the table misses something that the new ones do.
    var adds: Bool { !Set(after).subtracting(before).isEmpty }

    /// How statements begin that make rows quicker to find, or say something of them.
    private static let harmless = [
        "create index", "create unique index", "alter index", "drop index", "create statistics", "drop statistics",
        "analyze", "comment on", "grant", "revoke",
    ]

    private static func changesNoRows(_ statement: String) -> Bool {
        harmless.contains { statement.hasPrefix("after \($0) ") || statement == "after \($0)" }
    }
}
