// QueryFile: the queries of Queries/postgres and Queries/googlesql, a file a family of functions.
import Foundation
import SQL
import Testing

/// A query of a file: `-- name: …`, then its text up to a semicolon.
struct NamedQuery: Sendable, CustomStringConvertible {
    /// `postgres/dates/truncation to weeks`: the dialect's folder, the file, the name.
    let name: String
    let dialect: SQLDialect
    let text: String

    var description: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Queries")

    /// The queries of all files, in the order of the files' names.
    static func all() throws -> [NamedQuery] {
        try queries(of: "postgres", .postgres) + queries(of: "googlesql", .bigQuery)
    }

    private static func queries(of folderName: String, _ dialect: SQLDialect) throws -> [NamedQuery] {
        let folder = folder.appending(path: folderName)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
        return try files.sorted().flatMap { file in
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            let family = "\(folderName)/\(file.dropLast(4))"
            return text.components(separatedBy: "-- name: ").dropFirst().map { part in
                let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
                let query = lines.dropFirst().joined().trimmingCharacters(in: .whitespacesAndNewlines)
                return NamedQuery(
                    name: "\(family)/\(lines[0].trimmingCharacters(in: .whitespaces))", dialect: dialect,
                    text: query.hasSuffix(";") ? String(query.dropLast()) : query)
            }
        }
    }

    /// The queries that are known not to agree, with the reasons: `name: reason` a line, behind `#` what is for readers.
    static func exceptions() throws -> [String: String] {
        let text = try String(contentsOf: folder.appending(path: "exceptions.txt"), encoding: .utf8)
        var exceptions: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(parts.count == 2 && !parts[1].isEmpty, "exceptions.txt: \(line)")
            try #require(exceptions.updateValue(parts[1], forKey: parts[0]) == nil, "exceptions.txt has \(line) twice")
        }
        return exceptions
    }
}
