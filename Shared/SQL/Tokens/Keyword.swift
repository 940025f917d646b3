/// The words that have a meaning in the grammar of either dialect. Which of them are reserved is the dialect's data.
public enum Keyword: UInt16, Sendable, Hashable, CaseIterable {
    /// Any word that is none of the others.
    case notKeyword
    case contains, name, always
    case abort, action, add, after, aggregate, all, alter, analyse, analyze, and, any, array, `as`, asc
    case assert_rows_modified, asserting, asymmetric, at, authorization, before, begin, bernoulli, between, bigdecimal
    case bigint, bignumeric, binary, bit, boolean, both, breadth, `break`, brief, buffers, by, byteint, bytes, cache
    case call, called, capture, cascade, cascaded, `case`, cast, change, char, character, check, clone, close, cluster
    case clustering, coalesce, collate, collation, column, columns, comment, commit, compression, concurrently
    case conflict, constraint, `continue`, convert, copy, corresponding, cost, costs, create, cross, cube, current
    case current_catalog, current_date, current_datetime, current_role, current_schema, current_time
    case current_timestamp, current_user, cycle, data, database, date, date_trunc, datetime, day, deallocate, dec
    case decimal, declare, `default`, deferrable, deferred, define, delete, depth, desc, describe, deterministic
    case disable, distinct, `do`, domain, double, drop, each, `else`, elseif, enable, encoding, end, enforced, `enum`
    case escape, except, exclude, exclusive, execute, exists, explain, expressions, extend, `extension`, external
    case extract, `false`, fetch, filter, first, float, float64, following, `for`, force, foreign, format, freeze
    case from, full, function, generated, geography, global, grant, granted, grants, greatest, group, grouping, groups
    case handler, hash, hashrows, having, hold, hour, identity, `if`, ignore, ilike, immediate, immutable, `in`
    case include, increment, index, inherit, inherits, initially, inner, input, insert, instead, int, int64
    case integer, intersect, interval, into, `is`, isnull, isolation, iterate, join, json, json_object, key, language
    case last, lateral, leading, leakproof, least, leave, left, level, like, limit, local, localtime, localtimestamp
    case location, locked, logged, lookup, loop, main, match, matched, materialized, maxvalue, merge, message, minute
    case minvalue, mode, model, month, names, national, natural, nchar, new, next, nfc, nfd, nfkc, nfkd, no
    case normalize, not, nothing, notnull, nowait, null, nullif, nulls, numeric, of, offset, old, on, only, `operator`
    case option, options, or, order, ordinal, ordinality, others, out, outer, over, overlaps, overlay, overriding
    case owner, parallel, partition, partitioned, percent, pivot, placing, policy, position, preceding, precision
    case prepare, preserve, primary, prior, privileges, proc, procedure, project, proto, `public`, qualify, raise
    case range, read, real, recursive, ref, references, refresh, rename, `repeat`, repeatable, replace, reset, respect
    case restart, restrict, `return`, returning, returns, revoke, right, role, rollback, rollup, routine, routines
    case row, rows, rule, safe_cast, sample, savepoint, schema, schemas, search, second, security, select, sequence
    case sequences, serializable, session, session_user, set, setof, sets, share, show, similar, simple, skip
    case smallint, snapshot, some, source, split, sql, stable, start, statement, statistics, storage, stored, strict
    case string, `struct`, substring, summary, support, symmetric, system, system_time, table, tables, tablesample
    case tablespace, target, temp, temporary, text, then, ties, time, timestamp, timing, to, tokens, trailing
    case transaction, treat, trigger, trim, `true`, truncate, `try`, type, unbounded, uncommitted, union, unique
    case unknown, unlogged, unnest, unpivot, until, update, usage, use, user, using, vacuum, valid, value, values
    case varbit, varchar, variadic, varying, verbose, view, volatile, wal, week, when, `where`, `while`, window, with
    case document, normalized
    case within, without, work, write, xmlattributes, year, yes, zone
}

extension Keyword {
    /// The word in lower case; empty for `notKeyword`.
    public var text: String { Keyword.texts[Int(rawValue)] }

    private static let texts: [String] = allCases.map { $0 == .notKeyword ? "" : "\($0)" }
}

/// A set of keywords, as bits.
struct KeywordSet: Sendable, ExpressibleByArrayLiteral {
    private var bits = [UInt64](repeating: 0, count: Keyword.allCases.count / 64 + 1)

    init(arrayLiteral keywords: Keyword...) {
        for keyword in keywords { insert(keyword) }
    }

    mutating func insert(_ keyword: Keyword) { bits[Int(keyword.rawValue >> 6)] |= 1 << UInt64(keyword.rawValue & 63) }

    func contains(_ keyword: Keyword) -> Bool {
        bits[Int(keyword.rawValue >> 6)] >> UInt64(keyword.rawValue & 63) & 1 != 0
    }

    func union(_ other: KeywordSet) -> KeywordSet {
        var result = self
        for index in bits.indices { result.bits[index] |= other.bits[index] }
        return result
    }
}
