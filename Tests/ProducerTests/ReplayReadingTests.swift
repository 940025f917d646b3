import DataContract
import Foundation
import TestValues
import Testing

@testable import Producer

@Suite("The records of a file") struct RecordSplitterTests {
    /// Splits a text that comes in pieces of so many bytes.
    private func records(
        _ text: [UInt8], _ format: InputFormat, pieces: Int = .max, delimiter: UInt8 = UInt8(ascii: ",")
    ) throws -> [SourceRecord] {
        var splitter = RecordSplitter(format, name: "file", delimiter: delimiter)
        var records: [SourceRecord] = []
        var rest = text[...]
        while !rest.isEmpty {
            splitter.append(Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
            while let record = try splitter.next(isLast: false) { records.append(record) }
        }
        while let record = try splitter.next(isLast: true) { records.append(record) }
        return records
    }

    private func texts(_ text: String, _ format: InputFormat, pieces: Int = .max) throws -> [String] {
        try records(Array(text.utf8), format, pieces: pieces).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test(
        "of lines: with either end, empty ones passed over, the last one without an end", arguments: [1, 2, 3, 7, 100])
    func lines(pieces: Int) throws {
        let text = "\u{FEFF}{\"a\":1}\r\n\n  \n{\"b\":\"x\\n\"}\n{\"c\":3}"
        let found = try records(Array(text.utf8), .ndjson, pieces: pieces)
        #expect(found.map { String(decoding: $0.bytes, as: UTF8.self) } == [#"{"a":1}"#, #"{"b":"x\n"}"#, #"{"c":3}"#])
        #expect(found.map(\.line) == [1, 4, 5])
        #expect(found.map(\.number) == [1, 2, 3])
    }

    @Test("of an array: brackets and commas in strings and in depth are the record's own", arguments: [1, 2, 5, 100])
    func array(pieces: Int) throws {
        let text = " [ {\"a\":[1,2],\"b\":\"],}\\\"[\"} ,\n{\"c\":{}},\n 7 ] \n"
        let found = try records(Array(text.utf8), .json, pieces: pieces)
        #expect(
            found.map { String(decoding: $0.bytes, as: UTF8.self) } == [
                #"{"a":[1,2],"b":"],}\"["}"#, #"{"c":{}}"#, "7",
            ])
        #expect(found.map(\.line) == [1, 2, 3])
        let none = try texts("[]", .json, pieces: pieces)
        #expect(none.isEmpty)
    }

    @Test(
        "of what is no array are refused, after those before the fault",
        arguments: ["{\"a\":1}", "[1,,2]", "[1,]", "[1] 2", "[1,2", "[{\"a\":1", ""])
    func noArray(text: String) throws {
        #expect(throws: ReplayError.self) { try texts(text, .json) }
    }

    @Test("of CSV: what a writer by RFC 4180 wrote is read back, wherever the pieces end")
    func tables() throws {
        var random = SplitMix(seed: 4)
        let alphabet: [[UInt8]] = ["a", "ä", ",", "\"", "\n", "\r\n", " ", "\"\"", "x,y"].map { Array($0.utf8) }
        for round in 0..<200 {
            let width = 1 + Int(random.next() % 4)
            var rows: [[CSVText.Field]] = []
            for _ in 0..<(1 + random.next() % 5) {
                rows.append(
                    (0..<width).map { column in
                        var text: [UInt8] = []
                        for _ in 0..<(random.next() % 5) {
                            text += alphabet[Int(random.next() % UInt64(alphabet.count))]
                        }
                        let needsQuotes = text.contains { [0x0A, 0x0D, 0x22, 0x2C, 0x20].contains($0) }
                        // A row of one empty field would be an empty line.
                        let isQuoted = needsQuotes || random.next() % 3 == 0 || width == 1 && text.isEmpty
                        return CSVText.Field(text: text, isQuoted: isQuoted)
                    })
            }
            let ends = round % 2 == 0 ? "\n" : "\r\n"
            let lines = rows.map { row -> [UInt8] in
                Array(
                    row.map { field -> [UInt8] in
                        guard field.isQuoted else { return field.text }
                        return [0x22] + field.text.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + [0x22]
                    }.joined(separator: [0x2C]))
            }
            let text = Array(lines.joined(separator: Array(ends.utf8)))
            for pieces in [1, 2, 3, 1_000] {
                let found = try records(text, .csv, pieces: pieces).map {
                    CSVText.fields(of: $0.bytes, delimiter: 0x2C) ?? []
                }
                #expect(found == rows, "round \(round): \(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    @Test("of CSV: a quote within a field that has none is text")
    func strayQuotes() throws {
        #expect(try texts("a,5\" disk,b\nc,d,e\n", .csv) == ["a,5\" disk,b", "c,d,e"])
        #expect(CSVText.fields(of: Array("a,\"b".utf8), delimiter: 0x2C) == nil)
        #expect(CSVText.fields(of: Array("a,\"b\"c".utf8), delimiter: 0x2C) == nil)
        #expect(CSVText.fields(of: Array("a,".utf8), delimiter: 0x2C)?.map(\.isAbsent) == [false, true])
    }

    @Test("that are too long are told, and the next is whole", arguments: [InputFormat.ndjson, .json, .csv])
    func tooLong(format: InputFormat) throws {
        let long = "\"" + String(repeating: "x", count: RecordSplitter.recordBytesMax + 10) + "\""
        let text = format == .json ? "[\(long),1]" : "\(long)\n1\n"
        for pieces in [100_000, 5_000_000] {
            let found = try records(Array(text.utf8), format, pieces: pieces)
            #expect(found.map(\.isTooLong) == [true, false])
            #expect(found[0].bytes.count <= 256)
            #expect(found[1].bytes == Array("1".utf8))
        }
    }

    @Test("and how they are written is found from the name and the first bytes")
    func formats() {
        func format(_ name: String, _ text: String) -> InputFormat { InputFormat(of: name, head: Array(text.utf8)) }
        #expect(format("a.CSV.gz", "{") == .csv)
        #expect(format("a.json", " \n[") == .json)
        #expect(format("a.json", "{\"a\":1}") == .ndjson)
        #expect(format("-", "a,b\n1,2") == .csv)
        #expect(format("-", "\u{FEFF}{") == .ndjson)
    }
}

@Suite("Packed files") struct UnpackingTests {
    /// Numbers, one a line: they pack well, so that a little input gives much output.
    private static let plain = Array((0..<200_000).map { "\($0 / 1000)" }.joined(separator: "\n").utf8)

    private func packed(_ tool: String, _ arguments: [String], _ bytes: [UInt8]) throws -> [UInt8] {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = folder.appending(path: "plain"), target = folder.appending(path: "packed")
        try Data(bytes).write(to: source)
        #expect(FileManager.default.createFile(atPath: target.path, contents: nil))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments + [source.path]
        process.standardOutput = try FileHandle(forWritingTo: target)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Array(try Data(contentsOf: target))
    }

    private func read(_ bytes: [UInt8]) async throws -> [UInt8] {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "file").path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let file = try InputFile(path: path)
        _ = try await file.begin()
        var plain: [UInt8] = []
        while let piece = try await file.next() { plain += piece }
        #expect(await file.bytesRead == bytes.count)
        return plain
    }

    @Test("of gzip are unpacked, several members too")
    func gzip() async throws {
        let one = try packed("gzip", ["-c"], Self.plain)
        #expect(try await read(one) == Self.plain)
        #expect(try await read(one + one) == Self.plain + Self.plain)
        #expect(try await read(one + [0, 0, 0]) == Self.plain)
    }

    @Test("of zstd are unpacked, several frames too")
    func zstd() async throws {
        let one = ZstdText.packed(Self.plain)
        #expect(try await read(one) == Self.plain)
        #expect(try await read(one + one) == Self.plain + Self.plain)
        let cut = Array(one.dropLast(5))
        await #expect(throws: ReplayError.self) { try await read(cut) }
    }

    @Test("that end early or are damaged are refused", arguments: [1, 9, 100])
    func damaged(missing: Int) async throws {
        let whole = try packed("gzip", ["-c"], Self.plain)
        await #expect(throws: ReplayError.self) { try await read(Array(whole.dropLast(missing))) }
        var wrong = whole
        wrong[whole.count / 2] ^= 0xFF
        await #expect(throws: ReplayError.self) { try await read(wrong) }
        await #expect(throws: ReplayError.self) { try await read(whole + Array("no gzip".utf8)) }
    }

    @Test("that are not there, or folders, are refused")
    func missing() {
        #expect(throws: ReplayError.self) { try InputFile(path: "/nowhere/at/all") }
        #expect(throws: ReplayError.self) { try InputFile(path: "/tmp") }
    }
}

func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
}
