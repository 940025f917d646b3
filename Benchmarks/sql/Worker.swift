// Measures the SQL front end. Benchmarks/sql.py builds it against the module alone, talks to it, and to SQLGlot beside it.
//
//   worker CORPORA               answers lines: `TASK CORPUS SECONDS` with `UNITS BYTES SECONDS`, and `which TASK CORPUS`
//                                with the numbers of the statements that the task can be done with
//   worker write SHAPE BYTES FILE  writes SQL of about that length
//   worker grow SHAPE FILE         parses, resolves and writes it; prints `BYTES SECONDS PEAK_KIB`

import Foundation
import SQL

/// Statements of one dialect, and the tables that they read.
final class Corpus {
    let dialect: SQLDialect
    let other: SQLDialect
    let texts: [String]
    let catalog: SchemaCatalog
    /// The statements' trees, for what begins with those.
    private(set) lazy var queries: [Query?] = texts.map { try? parseQuery($0, dialect: dialect) }

    init(_ file: URL) throws {
        let stored = try JSONDecoder().decode(Stored.self, from: Data(contentsOf: file))
        dialect = stored.dialect == "postgres" ? .postgres : .bigQuery
        other = stored.dialect == "postgres" ? .bigQuery : .postgres
        texts = stored.statements
        var catalog = SchemaCatalog(dialect: dialect)
        for (table, columns) in stored.tables {
            catalog.add(QualifiedName(table), columns: columns.map { .init($0[0], Corpus.kind(of: $0[1])) })
        }
        self.catalog = catalog
    }

    private struct Stored: Decodable {
        let dialect: String
        let statements: [String]
        /// Names and types of columns, by table.
        let tables: [String: [[String]]]
    }

    private static func kind(of type: String) -> DataType.Kind? {
        // A type that is not one of PostgreSQL's is one that nobody knows.
        guard case .cast(let cast)? = try? parseExpression("CAST(NULL AS \(type))", dialect: .postgres) else {
            return nil
        }
        return cast.type.kind
    }
}

/// What is done with a statement; returns something of the result, so that it is made.
enum Task: String {
    case parse, generate, transpile, qualify, lineage

    func run(_ corpus: Corpus, _ number: Int) throws -> Int {
        let text = corpus.texts[number]
        switch self {
        case .parse: return Int(try parseQuery(text, dialect: corpus.dialect).info.range.end)
        case .generate: return corpus.queries[number].map { $0.sql(corpus.dialect).utf8.count } ?? 0
        case .transpile:
            return try SQL.transpile(text, from: corpus.dialect, to: corpus.other).tree.utf8.count
        case .qualify:
            return try parseQuery(text, dialect: corpus.dialect).qualified(in: corpus.catalog).columns.count
        case .lineage:
            return try parseQuery(text, dialect: corpus.dialect).lineage(in: corpus.catalog).columns.count
        }
    }

    /// The numbers of the statements that it can be done with.
    func possible(in corpus: Corpus) -> [Int] {
        corpus.texts.indices.filter { number in
            // Whatever the error is, the statement is left out.
            (try? run(corpus, number)).map { $0 > 0 } ?? false
        }
    }

    /// Goes through the corpus for that many seconds, and to its end; `UNITS BYTES SECONDS`.
    func measure(_ corpus: Corpus, seconds time: Double) throws -> String {
        let bytes = corpus.texts.reduce(0) { $0 + $1.utf8.count }
        if self == .generate { _ = corpus.queries.count }
        var rounds = 0
        var made = 0
        let began = now()
        var elapsed = 0.0
        repeat {
            for number in corpus.texts.indices { made &+= try run(corpus, number) }
            rounds += 1
            elapsed = now() - began
        } while elapsed < time
        guard made != 0 else { throw SQLError(.unresolved, "Nothing was made of the corpus.") }
        return "\(corpus.texts.count * rounds) \(bytes * rounds) \(elapsed)"
    }
}

/// SQL of one shape and any length.
enum Shape: String, CaseIterable {
    case inList = "in_list"
    case selectList = "select_list"
    case withTables = "with_tables"
    case conditions
    case script
    case unions
    case sum

    /// The parts, of which as many are written as fit in `bytes`.
    func text(bytes: Int) -> String {
        var parts: [String] = []
        var length = 0
        while length < bytes || parts.count < 2 {
            let part = part(parts.count)
            parts.append(part)
            length += part.utf8.count + 2
        }
        switch self {
        case .inList: return "SELECT a FROM t WHERE b IN (\(parts.joined(separator: ", ")))"
        case .selectList: return "SELECT \(parts.joined(separator: ", ")) FROM t"
        case .withTables: return "WITH \(parts.joined(separator: ", ")) SELECT a FROM c\(parts.count - 1)"
        case .conditions: return "SELECT a FROM t WHERE \(parts.joined(separator: " AND "))"
        case .script: return parts.joined(separator: ";\n")
        case .unions: return parts.joined(separator: " UNION ALL ")
        case .sum: return "SELECT \(parts.joined(separator: " + ")) AS s FROM t"
        }
    }

    private func part(_ index: Int) -> String {
        switch self {
        case .inList: "\(1000 + index)"
        case .selectList: "coalesce(a\(index), 0) + 1 AS b\(index)"
        case .withTables:
            index == 0
                ? "c0 AS (SELECT a, b FROM t)" : "c\(index) AS (SELECT a, b FROM c\(index - 1) WHERE b > \(index))"
        case .conditions: "a\(index) > \(index)"
        case .script: "SELECT a, b FROM t\(index) WHERE c = \(index)"
        case .unions: "SELECT a, \(index) AS n FROM t\(index)"
        case .sum: "a\(index)"
        }
    }

    /// Parses, resolves where it is a query, writes; the number of bytes written.
    func run(_ text: String) throws -> Int {
        if self == .script {
            let statements = try parseStatements(text, dialect: .postgres)
            return statements.reduce(0) { $0 + $1.sql(.postgres).utf8.count }
        }
        let query = try parseQuery(text, dialect: .postgres)
        let columns = try query.lineage(in: SchemaCatalog(dialect: .postgres)).columns.count
        return query.sql(.postgres).utf8.count + columns
    }
}

/// The most memory that the process ever had, in KiB. Of this program alone: `ru_maxrss` begins with what the process had
/// that started it.
func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let number = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first, let kib = Int(number)
    else { throw SQLError(.unresolved, "/proc/self/status has no VmHWM.") }
    return kib
}

/// Seconds that the processor has worked for this process: what others do at the same time is not in it.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let arguments = CommandLine.arguments
if arguments.count == 5, arguments[1] == "write", let shape = Shape(rawValue: arguments[2]),
    let bytes = Int(arguments[3])
{
    try shape.text(bytes: bytes).write(toFile: arguments[4], atomically: false, encoding: .utf8)
    exit(0)
}
if arguments.count == 4, arguments[1] == "grow", let shape = Shape(rawValue: arguments[2]) {
    let text = try String(contentsOfFile: arguments[3], encoding: .utf8)
    let before = try peak()
    _ = try shape.run(text)
    let memory = try peak() - before
    // The fastest of as many runs as half a second allows: the others were disturbed.
    var fastest = Double.infinity
    let end = now() + 0.5
    repeat {
        let began = now()
        _ = try shape.run(text)
        fastest = min(fastest, now() - began)
    } while now() < end
    print(text.utf8.count, fastest, memory)
    exit(0)
}
guard arguments.count == 2 else {
    print("usage: worker CORPORA | write SHAPE BYTES FILE | grow SHAPE FILE")
    exit(2)
}

var corpora: [String: Corpus] = [:]
for file in try FileManager.default.contentsOfDirectory(atPath: arguments[1]) where file.hasSuffix(".json") {
    corpora[String(file.dropLast(5))] = try Corpus(URL(filePath: arguments[1]).appending(path: file))
}
while let line = readLine() {
    let words = line.split(separator: " ").map(String.init)
    let answer: String
    if words.count == 3, words[0] == "which", let task = Task(rawValue: words[1]), let corpus = corpora[words[2]] {
        answer = task.possible(in: corpus).map(String.init).joined(separator: " ")
    } else if words.count == 3, let task = Task(rawValue: words[0]), let corpus = corpora[words[1]],
        let time = Double(words[2])
    {
        answer = try task.measure(corpus, seconds: time)
    } else {
        print("wrong: \(line)")
        exit(2)
    }
    FileHandle.standardOutput.write(Data("\(answer)\n".utf8))
}
