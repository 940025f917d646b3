import Foundation

/// The checkout as these tests read it: source files with their lines.
struct SourceTree {
    struct File {
        /// Relative to the checkout: `Shared/Kafka/KafkaConsumer.swift`.
        let path: String
        let text: String
        let lines: [Substring]

        /// The target that the file belongs to, by the longest folder of the map that holds it.
        var module: String? {
            let folders = path.split(separator: "/")
            guard folders.count >= 3 else { return nil }
            if folders[0] == "Services", folders.count >= 4 {
                if folders[2] == "Main" { return "\(folders[1])Main" }
                if SourceTree.pureTargets.contains(String(folders[2])) { return String(folders[2]) }
            }
            return String(folders[1])
        }
    }

    static let pureTargets: Set<String> = ["ModelProject", "Planning", "Timetable", "Charts"]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every Swift file below the folders, sorted by path.
    static func files(below folders: String...) throws -> [File] {
        try folders.flatMap { folder in try all.get().filter { $0.path.hasPrefix("\(folder)/") } }
    }

    /// Every Swift file of the product, read once.
    private static let all = Result {
        var files: [File] = []
        for folder in ["Services", "Shared"] {
            let base = root.appending(path: folder)
            guard let walk = FileManager.default.enumerator(atPath: base.path()) else { continue }
            for case let name as String in walk where name.hasSuffix(".swift") {
                let text = try String(contentsOf: base.appending(path: name), encoding: .utf8)
                files.append(
                    File(
                        path: "\(folder)/\(name)", text: text,
                        lines: text.split(separator: "\n", omittingEmptySubsequences: false)))
            }
        }
        return files.sorted { $0.path < $1.path }
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
