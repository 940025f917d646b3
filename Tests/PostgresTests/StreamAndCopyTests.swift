import Foundation
import TestKit
import TestValues
import Testing

@testable import Postgres

@Suite("Streams", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct StreamTests {
    @Test("give every row, in order")
    func all() async throws {
        let connection = try await connect()
        let stream = try await connection.stream("SELECT i, i::text AS t FROM generate_series(1, 20000) i")
        #expect(stream.columns.map(\.name) == ["i", "t"])
        var sum = 0
        for try await row in stream { sum += try row.get("i", as: Int.self) }
        #expect(sum == 200_010_000)
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("an empty result still has columns")
    func empty() async throws {
        let connection = try await connect()
        let stream = try await connection.stream("SELECT 1 AS a WHERE false")
        #expect(stream.columns.map(\.name) == ["a"])
        for try await _ in stream { Issue.record("a row of nothing") }
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("left early, are ended on the server, and the connection goes on")
    func abandoned() async throws {
        let connection = try await connect()
        for _ in 0..<3 {
            for try await row in try await connection.stream("SELECT generate_series(1, 1000000000) AS i") {
                if try row.get(0, as: Int.self) == 1000 { break }
            }
            #expect(try await connection.query("SELECT 2 AS x").one().get("x") == 2)
        }
    }

    @Test("dropped unread, are ended too")
    func dropped() async throws {
        try await withPool(connectionsMax: 1) { pool in
            try await pool.withConnection { _ = try await $0.stream("SELECT generate_series(1, 1000000000) AS i") }
            #expect(try await pool.query("SELECT 2 AS x").one().get("x") == 2)
        }
    }

    @Test("keep other statements off the connection while they are read")
    func busy() async throws {
        let connection = try await connect()
        let stream = try await connection.stream("SELECT generate_series(1, 1000000000) AS i")
        #expect(await failure { try await connection.query("SELECT 1") }?.code == .busy)
        withExtendedLifetime(stream) {}
    }

    @Test("hold no more than a batch: memory does not grow with the result")
    func memory() async throws {
        func resident() throws -> Int {
            let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            return (Int(fields[1]) ?? 0) * 4096
        }
        let connection = try await connect()
        let before = try resident()
        var count = 0, grown = 0
        let stream = try await connection.stream("SELECT repeat('x', 1000) AS x FROM generate_series(1, 300000)")
        for try await _ in stream {
            count += 1
            if count % 50_000 == 0 { grown = max(grown, try resident() - before) }
        }
        #expect(count == 300_000)
        #expect(grown < 100 << 20, "300 MB went through; \(grown >> 20) MiB stayed")
    }

    @Test("tell a failure in the middle")
    func failing() async throws {
        let connection = try await connect()
        var count = 0
        let error = await failure {
            for try await _ in try await connection.stream("SELECT 1 / (5000 - i) AS x FROM generate_series(1, 9000) i")
            {
                count += 1
            }
        }
        #expect(error?.sqlState == "22012")
        #expect(count > 0)
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("come in batches of so many bytes; a session whose buffer a large row has grown is not kept")
    func largeRows() async throws {
        let connection = try await connect()
        for try await row in try await connection.stream(
            "SELECT repeat('x', 1000) AS text FROM generate_series(1, 100)")
        { #expect(row.text(at: 0)?.utf8.count == 1_000) }
        await connection.reset()
        #expect(await connection.isOpen)
        for try await _ in try await connection.stream("SELECT repeat('x', 3000000) FROM generate_series(1, 20)") {}
        #expect(await connection.largestRow >= 3_000_000)
        await connection.reset()
        #expect(await !connection.isOpen)
    }

    @Test("are cancelled with their task")
    func cancelled() async throws {
        let connection = try await connect()
        let (started, start) = AsyncStream<Void>.makeStream()
        let task = Task {
            for try await _ in try await connection.stream("SELECT 1 UNION ALL SELECT 2 FROM pg_sleep(600)") {
                start.finish()
            }
        }
        task.cancel()
        #expect(await failure { try await task.value }?.code == .cancelled)
        start.finish()
        for await _ in started {}
        #expect(try await connection.query("SELECT 1").count == 1)
    }
}

@Suite("Rows of a COPY")
struct CopyBufferRowsTests {
    /// Rows of a number and, but for every third, a text.
    private func rows(_ numbers: [Int]) -> CopyBuffer {
        var rows = CopyBuffer(reservingBytes: 1)
        for number in numbers {
            rows.beginRow(fields: 2)
            rows.append(Int32(number))
            if number % 3 == 0 { rows.appendNull() } else { rows.append(text: String(repeating: "x", count: number)) }
        }
        return rows
    }

    private func bytes(_ rows: CopyBuffer) -> [UInt8] { rows.withRows { Array($0) } }

    @Test("are read field by field")
    func fields() {
        var lengths: [Int?] = []
        rows(Array(0..<8)).forEachField(at: 1) { row, bytes in
            #expect(row == lengths.count)
            lengths.append(bytes?.count)
        }
        #expect(lengths == [nil, 1, 2, nil, 4, 5, nil, 7])
        rows([1]).forEachField(at: 2) { _, _ in Issue.record("a field that is not there") }
        rows([]).forEachField(at: 0) { _, _ in Issue.record("a row that is not there") }
    }

    @Test("are left out, whichever they are; the rest stays as it was", arguments: 0..<64)
    func removing(mask: Int) {
        let removed = (0..<6).filter { mask & (1 << $0) != 0 }
        let rest = rows(Array(0..<6)).removing(rows: removed)
        let kept = (0..<6).filter { !removed.contains($0) }
        #expect(bytes(rest) == bytes(rows(kept)))
        #expect(rest.rowCount == kept.count)
    }
}

@Suite("COPY", .enabled(if: PostgresTestServer.isAvailable), .timeLimit(.minutes(10)))
struct CopyTests {
    @Test("every type arrives exactly")
    func types() async throws {
        try await withSchema { pool, schema in
            try await pool.query(
                """
                CREATE TABLE t (b boolean, i2 smallint, i4 integer, i8 bigint, r real, d double precision, t text,
                    y bytea, j jsonb, js json, ts timestamptz, da date, ti time, u uuid, a text[], n numeric, x text)
                """)
            let id = UUID()
            var rows = CopyBuffer(reservingBytes: 1)
            rows.beginRow(fields: 17)
            rows.append(true)
            rows.append(Int16.min)
            rows.append(Int32.min)
            rows.append(Int64.max)
            rows.append(Float(0.1))
            rows.append(Double.pi)
            rows.append(text: "ä€𝄞")
            rows.append(bytes: [0, 255])
            rows.append(jsonb: #"{"a":1}"#)
            rows.append(text: #"{"b":2}"#)
            rows.append(timestampMicroseconds: 1_795_399_780_123_456)
            rows.append(dateDays: -1)
            rows.append(timeMicroseconds: 1_000_001)
            rows.append(id)
            rows.append(textArray: ["a", nil, ""])
            rows.append(numeric: "-1.50")
            rows.appendNull()
            let columns = ["b", "i2", "i4", "i8", "r", "d", "t", "y", "j", "js", "ts", "da", "ti", "u", "a", "n", "x"]
            let count = try await pool.withConnection {
                try await $0.copyIn(to: PostgresQuoting.identifier(schema, "t"), columns: columns, rows)
            }
            #expect(count == 1)
            let row = try await pool.query("SELECT * FROM t").one()
            #expect(try row.get("b", as: Bool.self))
            #expect(try row.get("i2", as: Int16.self) == .min)
            #expect(try row.get("i4", as: Int32.self) == .min)
            #expect(try row.get("i8", as: Int64.self) == .max)
            #expect(try row.get("r", as: Float.self) == 0.1)
            #expect(try row.get("d", as: Double.self) == .pi)
            #expect(try row.get("t", as: String.self) == "ä€𝄞")
            #expect(try row.get("y", as: PostgresBytes.self) == PostgresBytes([0, 255]))
            #expect(try row.get("j", as: PostgresJSON.self).text == #"{"a": 1}"#)
            #expect(try row.get("js", as: PostgresJSON.self).text == #"{"b":2}"#)
            #expect(try row.get("ts", as: PostgresTimestamp.self).microseconds == 1_795_399_780_123_456)
            #expect(try row.get("da", as: PostgresDate.self).description == "1969-12-31")
            #expect(try row.get("ti", as: String.self) == "00:00:01.000001")
            #expect(try row.get("u", as: UUID.self) == id)
            #expect(try row.get("a", as: [String?].self) == ["a", nil, ""])
            #expect(try row.get("n", as: PostgresNumeric.self).text == "-1.50")
            #expect(try row.get("x", as: String?.self) == nil)
        }
    }

    @Test("numerics keep every digit, whatever their form")
    func numerics() async throws {
        var texts = [
            "0", "0.0", "0.00", "-0.0", "1", "-1", "10", "100", "1000", "10000", "100000", "1e3", "1E-3", "12e10",
        ]
        texts += [
            "0.1", "0.01", "0.001", "0.0001", "0.00001", "123456789.987654321", "-0.00012", "1.5e5", "99999999e-4",
        ]
        texts += ["1e131", "1e-100", "00012.500", "9999", "9999.9999", "10000.0001", "-12.50e3"]
        var generator = SplitMix(seed: 7)
        for _ in 0..<300 {
            let digits = String(
                (0..<Int.random(in: 1...30, using: &generator)).map { _ in
                    "0123456789".randomElement(using: &generator)!
                })
            let fraction = String(
                (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                    "0012345678".randomElement(using: &generator)!
                })
            let exponent = Bool.random(using: &generator) ? "e\(Int.random(in: -30...30, using: &generator))" : ""
            texts.append(
                "\(Bool.random(using: &generator) ? "-" : "")\(digits)\(fraction.isEmpty ? "" : "." + fraction)\(exponent)"
            )
        }
        try await withSchema { pool, schema in
            try await pool.query("CREATE TABLE t (i int, source text, n numeric)")
            var rows = CopyBuffer()
            for (index, text) in texts.enumerated() {
                rows.beginRow(fields: 3)
                rows.append(Int32(index))
                rows.append(text: text)
                let taken = rows.append(numeric: text)
                #expect(taken, "\(text) is a number")
            }
            _ = try await pool.withConnection {
                try await $0.copyIn(to: PostgresQuoting.identifier(schema, "t"), columns: ["i", "source", "n"], rows)
            }
            let wrong = try await pool.query(
                "SELECT source, n::text AS n, source::numeric::text AS m FROM t WHERE n::text <> source::numeric::text")
            for row in wrong {
                Issue.record("\(row.text(at: 0)!): \(row.text(at: 1)!), not \(row.text(at: 2)!) (seed 7)")
            }
        }
        var buffer = CopyBuffer()
        for text in ["", "-", ".", "e5", "1e", "1e+", "abc", "1.2.3", "1x", "NaN", "1e131072", "1e999999"] {
            let taken = buffer.append(numeric: text)
            #expect(!taken, "\(text) is none")
        }
        #expect(buffer.byteCount == 0)
    }

    @Test("a refused row leaves nothing behind and says which it was")
    func refused() async throws {
        try await withSchema(connectionsMax: 1) { pool, schema in
            try await pool.query("CREATE TABLE t (id int NOT NULL)")
            var rows = CopyBuffer()
            for id in [1, 2, nil, 4] as [Int32?] {
                rows.beginRow(fields: 1)
                if let id { rows.append(id) } else { rows.appendNull() }
            }
            let table = PostgresQuoting.identifier(schema, "t")
            let error = await failure {
                _ = try await pool.withConnection { try await $0.copyIn(to: table, columns: ["id"], rows) }
            }
            #expect(error?.sqlState == .notNullViolation)
            #expect(error?.context?.contains("line 3") == true)
            #expect(try await pool.query("SELECT * FROM t").isEmpty)
        }
    }

    @Test("large buffers go in and come out", .timeLimit(.minutes(10)))
    func bulk() async throws {
        try await withSchema(connectionsMax: 1) { pool, schema in
            try await pool.query("CREATE UNLOGGED TABLE t (id bigint, name text, at timestamptz)")
            var rows = CopyBuffer()
            for id in 0..<100_000 {
                rows.beginRow(fields: 3)
                rows.append(Int64(id))
                rows.append(text: "row \(id)")
                rows.append(timestampMicroseconds: Int64(id))
            }
            let table = PostgresQuoting.identifier(schema, "t")
            let written = try await pool.withConnection { [rows] in
                try await $0.copyIn(to: table, columns: ["id", "name", "at"], rows)
            }
            #expect(written == 100_000)
            let lines = try await pool.withConnection { connection in
                var lines = 0
                for try await piece in try await connection.copyOut("COPY \(table) TO STDOUT") {
                    lines += piece.count { $0 == UInt8(ascii: "\n") }
                }
                return lines
            }
            #expect(lines == 100_000)
            try await pool.withConnection { connection in
                for try await _ in try await connection.copyOut("COPY \(table) TO STDOUT") { break }
                #expect(try await connection.query("SELECT 1").count == 1)
            }
        }
    }

    @Test("misuse is an error, not a hang")
    func misuse() async throws {
        let connection = try await connect()
        #expect(await failure { try await connection.query("COPY (SELECT 1) TO STDOUT") } == nil)
        #expect(await failure { _ = try await connection.copyIn("SELECT 1") { _ in } }?.code == .invalidUse)
        #expect(await failure { _ = try await connection.copyOut("SELECT 1") }?.code == .invalidUse)
        #expect(await failure { _ = try await connection.stream("COPY (SELECT 1) TO STDOUT") }?.code == .invalidUse)
        #expect(try await connection.query("SELECT 1").count == 1)
    }

    @Test("a buffer is a value: copies do not change with it")
    func values() {
        var first = CopyBuffer(reservingBytes: 64)
        first.beginRow(fields: 1)
        first.append(Int64(1))
        var second = first
        second.beginRow(fields: 1)
        second.append(Int64(2))
        second.discardRow()
        second.beginRow(fields: 1)
        second.append(Int64(3))
        #expect(first.rowCount == 1)
        #expect(first.byteCount == 14)
        #expect(second.rowCount == 2)
        #expect(second.byteCount == 28)
        first.append(contentsOf: second)
        #expect(first.rowCount == 3)
        #expect(second.withRows { Array($0.suffix(8)) } == [0, 0, 0, 0, 0, 0, 0, 3])
        second.removeAll()
        #expect(second.isEmpty)
        #expect(first.rowCount == 3)
    }
}
