import Foundation
import Synchronization
import Testing
import Warehouse

@testable import BIAPI

@Suite("CSV opens in a spreadsheet and runs nothing") struct CSVTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("two\nlines", "\"two\nlines\""),
        ("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"), ("@SUM(A1)", "'@SUM(A1)"), ("-x", "'-x"),
        ("-5", "-5"), ("-5.25e3", "-5.25e3"), ("\t=1", "\"'\t=1\""), ("\r=1", "\"'\r=1\""), ("＝1+1", "'＝1+1"),
        ("", "\"\""),
        (" x", "\" x\""), ("\n=1", "\"'\n=1\""), ("\nx", "\"'\nx\""), ("\u{FEFF}=1", "'\u{FEFF}=1"),
        (";=1", "\"';=1\""), (";;+1", "\"';;+1\""), (" =1", "' =1"), ("\u{00A0}@x", "'\u{00A0}@x"),
        ("\u{200B}-x", "'\u{200B}-x"),
        (",=1", "\"',=1\""), ("\"=1", "\"'\"\"=1\""), (" -5", "' -5"), ("a=1", "a=1"), (";a", "\";a\""),
        ("a\tb", "\"a\tb\""),
    ])
    func field(value: String, written: String) {
        var out: [UInt8] = []
        CSVText.row([value, nil], to: &out)
        #expect(String(decoding: out, as: UTF8.self) == written + ",\r\n")
    }

    @Test("what its column's type writes stays as it is; text beside it does not") func types() async throws {
        let pipe = ChunkPipe()
        var stream = CSVStream(pipe)
        let columns: [(ColumnKind, String)] = [
            (.number, "double precision"), (.timestamp, "timestamp with time zone"), (.other, "money"),
            (.other, "interval"), (.text, "text"), (.other, "mood"), (.json, "json"),
        ]
        await stream.begin(columns.map { ColumnDescription(name: "c", kind: $0.0, type: $0.1) })
        _ = await stream.row(["-Infinity", "-infinity", "-$1.50", "-1 days", "-$1.50", "=1", "-x"])
        _ = await pipe.next()
        async let rest = pipe.next()
        _ = await stream.flush()
        #expect(
            String(decoding: await rest ?? [], as: UTF8.self)
                == "-Infinity,-infinity,-$1.50,-1 days,'-$1.50,'=1,'-x\r\n")
    }
}

@Suite("JSON of rows") struct JSONRowsTests {
    @Test("values keep their kind") func values() throws {
        var rows = JSONRows(rowsMax: 10, bytesMax: 1_000)
        rows.begin(
            [ColumnKind.number, .number, .text, .boolean, .json, .number].map {
                ColumnDescription(name: "c", kind: $0, type: "")
            })
        _ = rows.row(["1.50", "12345678901234567890", "it's \"x\"\n\u{1}", "t", "{\"a\":1}", "NaN"])
        _ = rows.row([nil, "-3", "", "f", nil, "Infinity"])
        let text = String(decoding: rows.json, as: UTF8.self)
        #expect(
            text == #"[1.50,"12345678901234567890","it's \"x\"\n\u0001",true,"{\"a\":1}","NaN"],"#
                + #"[null,-3,"",false,null,"Infinity"]"#)
        #expect((try? JSONSerialization.jsonObject(with: Data("[\(text)]".utf8))) != nil)
    }

    @Test("a limit cuts and says so") func limit() {
        var rows = JSONRows(rowsMax: 2, bytesMax: 1_000)
        rows.begin([ColumnDescription(name: "c", kind: .text, type: "")])
        let taken = ["a", "b", "c"].map { rows.row([$0]) }
        #expect(taken == [true, true, false])
        #expect(rows.count == 2 && rows.isTruncated)
    }

    @Test(arguments: [
        ("0", true), ("-1", true), ("1.5", true), ("1e5", true), ("1.5E-3", true), ("01", false), ("1.", false),
        (".5", false),
        ("", false), ("-", false), ("NaN", false), ("1e", false), ("0x1", false), ("1 ", false), ("--1", false),
    ])
    func numbers(text: String, isNumber: Bool) { #expect(JSONText.isNumber(text) == isNumber) }
}

@Suite("Versions of the data") struct DataVersionsTests {
    @Test("nothing is promised before and after listening") func listening() {
        let versions = DataVersions()
        #expect(versions.version(of: "a.b") == nil)
        versions.beginListening()
        let first = versions.version(of: "a.b")
        #expect(first != nil)
        versions.endListening()
        #expect(versions.version(of: "a.b") == nil)
        versions.beginListening()
        #expect(versions.version(of: "a.b") != first, "a gap in hearing is a change")
    }

    @Test("views change with what they read, through each other") func views() {
        let versions = DataVersions()
        versions.beginListening()
        versions.setViews([("v.one", ["raw.a"]), ("v.two", ["v.one", "raw.b"]), ("v.loop", ["v.loop", "raw.c"])])
        #expect(versions.changed("raw.a") == ["raw.a", "v.one", "v.two"])
        #expect(versions.changed("raw.b") == ["raw.b", "v.two"])
        #expect(versions.changed("raw.c") == ["raw.c", "v.loop"])
        #expect(versions.changed("x.y") == ["x.y"])
        #expect(versions.version(of: "v.two")?.number == 2)
    }
}

@Suite("Cached answers") struct ResultCacheTests {
    static func key(_ sql: String, _ relation: String = "a.b", _ number: Int = 0) -> ResultCache.Key {
        ResultCache.Key(sql: sql, relation: relation, version: DataVersion(epoch: 1, number: number))
    }
    static func result(_ bytes: Int = 10) -> ChartResult {
        ChartResult(members: Array(repeating: 32, count: bytes), rowCount: 1, computedAt: Date(), elapsed: .zero)
    }

    @Test("an answer is computed once per query and version, and dropped with its relation") func exact() async throws {
        let cache = ResultCache(bytesMax: 1 << 20)
        #expect(try await !cache.result(for: Self.key("q")) { Self.result() }.cached)
        #expect(try await cache.result(for: Self.key("q")) { Self.result() }.cached)
        #expect(try await !cache.result(for: Self.key("q", "a.b", 1)) { Self.result() }.cached)
        #expect(try await !cache.result(for: Self.key("q", "c.d")) { Self.result() }.cached)
        await cache.drop(["a.b"])
        #expect(try await cache.result(for: Self.key("q", "c.d")) { Self.result() }.cached)
        #expect(try await !cache.result(for: Self.key("q", "a.b", 1)) { Self.result() }.cached)
    }

    @Test("equal questions at one time are one query") func shared() async throws {
        let cache = ResultCache(bytesMax: 1 << 20)
        let computed = Tally()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        async let first = cache.result(for: Self.key("q")) {
            computed.add()
            for await _ in gate { break }
            return Self.result()
        }
        while computed.count == 0 { await Task.yield() }
        async let second = cache.result(for: Self.key("q")) {
            computed.add()
            return Self.result()
        }
        while await cache.waitingCount(for: Self.key("q")) < 1 { await Task.yield() }
        opener.yield()
        let answers = try await (first.result, second.result)
        #expect(answers.0 == answers.1)
        #expect(computed.count == 1)
    }

    @Test("a query for which nobody waits any more ends; while one waits, it goes on") func left() async throws {
        let cache = ResultCache(bytesMax: 1 << 20)
        let (ended, teller) = AsyncStream<Bool>.makeStream()
        let tasks = (0..<2).map { _ in
            Task {
                try await cache.result(for: Self.key("q")) {
                    do {
                        try await Task.sleep(for: .seconds(600))
                    } catch {
                        teller.yield(true)
                        throw error
                    }
                    return Self.result()
                }
            }
        }
        while await cache.waitingCount(for: Self.key("q")) < 1 { await Task.yield() }
        tasks[0].cancel()
        while await cache.waitingCount(for: Self.key("q")) > 0 { await Task.yield() }
        tasks[1].cancel()
        for await _ in ended { break }
        for task in tasks { await #expect(throws: (any Error).self) { try await task.value } }
        #expect(try await !cache.result(for: Self.key("q")) { Self.result() }.cached)
    }

    @Test("a failure is not kept") func failure() async throws {
        let cache = ResultCache(bytesMax: 1 << 20)
        let failure = QueryFailure(code: .timedOut, message: "late")
        await #expect(throws: failure) { try await cache.result(for: Self.key("q")) { throw failure } }
        #expect(try await !cache.result(for: Self.key("q")) { Self.result() }.cached)
    }

    @Test("the least used goes when memory is short") func bound() async throws {
        let cache = ResultCache(bytesMax: 6_000)
        for name in ["a", "b", "c"] { _ = try await cache.result(for: Self.key(name)) { Self.result(1_200) } }
        #expect(try await cache.result(for: Self.key("a")) { Self.result() }.cached)
        _ = try await cache.result(for: Self.key("d")) { Self.result(1_200) }
        _ = try await cache.result(for: Self.key("e")) { Self.result(1_200) }
        #expect(try await cache.result(for: Self.key("a")) { Self.result() }.cached)
        #expect(try await !cache.result(for: Self.key("b")) { Self.result(1_200) }.cached)
        _ = try await cache.result(for: Self.key("huge")) { Self.result(5_000) }
        #expect(try await !cache.result(for: Self.key("huge")) { Self.result() }.cached, "one answer may not fill it")
    }
}

/// Counts from several tasks.
private final class Tally: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add() { value.withLock { $0 += 1 } }
}
