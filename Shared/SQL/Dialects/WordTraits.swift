/// Which words may stand where without quotes, and how spelling relates to identity.
final class WordTraits: Sendable {
    /// What letters of an unquoted name become.
    enum Folding: Sendable { case lower, none }

    /// Words that are never a name unless quoted.
    let reserved: KeywordSet
    /// Words that may be the name of a function or type, but of no column or table.
    let functionNames: KeywordSet
    /// Words that may be the name of a column, but are read otherwise when a parenthesis follows.
    let columnNames: KeywordSet
    /// Words that name a select item only behind AS.
    let labelsNeedingAs: KeywordSet
    /// Reserved words, too, may name a select item without AS, but for those.
    let reservedMayLabel: Bool
    let folding: Folding
    /// The mark that quotes a name.
    let quote: UInt8

    init(
        reserved: KeywordSet, functionNames: KeywordSet, columnNames: KeywordSet, labelsNeedingAs: KeywordSet,
        reservedMayLabel: Bool, folding: Folding, quote: UInt8
    ) {
        self.reserved = reserved
        self.functionNames = functionNames
        self.columnNames = columnNames
        self.labelsNeedingAs = labelsNeedingAs
        self.reservedMayLabel = reservedMayLabel
        self.folding = folding
        self.quote = quote
    }

    /// Words that may be the name of a table, column or alias.
    func isName(_ keyword: Keyword) -> Bool { !reserved.contains(keyword) && !functionNames.contains(keyword) }

    static let postgres = WordTraits(
        reserved: [
            .all, .analyse, .analyze, .and, .any, .array, .as, .asc, .asymmetric, .both, .case, .cast, .check,
            .collate, .column, .constraint, .create, .current_catalog, .current_date, .current_role, .current_time,
            .current_timestamp, .current_user, .default, .deferrable, .desc, .distinct, .do, .else, .end, .except,
            .false, .fetch, .for, .foreign, .from, .grant, .group, .having, .in, .initially, .intersect, .into,
            .lateral, .leading, .limit, .localtime, .localtimestamp, .not, .null, .offset, .on, .only, .or, .order,
            .placing, .primary, .references, .returning, .select, .session_user, .some, .symmetric, .table, .then, .to,
            .trailing, .true, .union, .unique, .user, .using, .variadic, .when, .where, .window, .with,
        ],
        functionNames: [
            .authorization, .binary, .collation, .concurrently, .cross, .current_schema, .freeze, .full, .ilike,
            .inner, .is, .isnull, .join, .left, .like, .natural, .notnull, .outer, .overlaps, .right, .similar,
            .tablesample, .verbose,
        ],
        columnNames: [
            .between, .bigint, .bit, .boolean, .char, .character, .coalesce, .dec, .decimal, .exists, .extract, .float,
            .greatest, .grouping, .int, .integer, .interval, .least, .national, .nchar, .normalize, .nullif,
            .numeric, .out, .overlay, .position, .precision, .real, .row, .setof, .smallint, .substring, .time,
            .timestamp, .treat, .trim, .values, .varchar,
        ],
        labelsNeedingAs: [
            .array, .as, .char, .character, .create, .day, .except, .fetch, .filter, .for, .from, .grant, .group,
            .having, .hour, .intersect, .into, .isnull, .limit, .minute, .month, .notnull, .offset, .on, .order, .over,
            .overlaps, .precision, .returning, .second, .to, .union, .varying, .where, .window, .with, .within,
            .without, .year,
        ],
        reservedMayLabel: true, folding: .lower, quote: UInt8(ascii: "\""))

    static let bigQuery = WordTraits(
        reserved: [
            .all, .and, .any, .array, .as, .asc, .assert_rows_modified, .at, .between, .by, .case, .cast, .collate,
            .contains, .create, .cross, .cube, .current, .default, .define, .desc, .distinct, .else, .end, .enum,
            .escape, .except, .exclude, .exists, .extract, .false, .fetch, .following, .for, .from, .full, .group,
            .grouping, .groups, .hash, .having, .if, .ignore, .in, .inner, .intersect, .interval, .into, .is, .join,
            .lateral, .left, .like, .limit, .lookup, .merge, .natural, .new, .no, .not, .null, .nulls, .of, .on, .or,
            .order, .outer, .over, .partition, .preceding, .proto, .qualify, .range, .recursive, .respect, .right,
            .rollup, .rows, .select, .set, .some, .struct, .tablesample, .then, .to, .treat, .true, .unbounded, .union,
            .unnest, .using, .when, .where, .window, .with, .within,
        ],
        functionNames: [], columnNames: [], labelsNeedingAs: [], reservedMayLabel: false, folding: .none,
        quote: UInt8(ascii: "`"))
}

extension SQLDialect {
    /// The name by which two spellings are compared: PostgreSQL takes unquoted names as lower case; GoogleSQL's columns
    /// and aliases do not tell case at all, quoted or not.
    public func folded(_ identifier: Identifier) -> String {
        switch traits.words.folding {
        case .lower: identifier.quoted ? identifier.name : identifier.name.lowercased()
        case .none: identifier.name.lowercased()
        }
    }

    /// True when `name` means itself without quotes.
    public func isPlain(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { bytes in
            guard let first = bytes.first, first != UInt8(ascii: "$"), !(48...57).contains(first) else { return false }
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    continue
                case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    if traits.words.folding == .lower { return false }
                default: return false
                }
            }
            let keyword = KeywordTable.shared.keyword(in: bytes, from: 0, to: bytes.count)
            return keyword == .notKeyword
                || (traits.words.isName(keyword) && !traits.words.columnNames.contains(keyword))
        }
    }
}
