import Foundation
import Testing

/// Arrows between modules go down only, and the map in docs/architecture.md says which there are.
@Suite("Imports follow the map") struct ImportTests {
    @Test("every import of a module of ours is in the table of docs/architecture.md")
    func importsAreInTheMap() throws {
        let allowed = try Self.table()
        let modules = Set(allowed.keys)
        for file in try SourceTree.files(below: "Shared", "Services") {
            guard let module = file.module else { continue }
            guard let may = allowed[module] else {
                Issue.record("\(file.path): module \(module) is not in the table of docs/architecture.md")
                continue
            }
            for imported in Self.imports(of: file) where modules.contains(imported) || imported.hasPrefix("CLib") {
                #expect(may.contains(imported), "\(file.path) imports \(imported), which the map does not allow")
            }
        }
    }

    @Test("no service imports another")
    func servicesAreApart() throws {
        let services = ["Producer", "RawSink", "Transformer", "Scheduler", "BIAPI"]
        for file in try SourceTree.files(below: "Services") {
            let own = file.path.split(separator: "/")[1]
            for imported in Self.imports(of: file) where services.contains(imported) {
                #expect(imported == own, "\(file.path) imports the service \(imported)")
            }
        }
    }

    @Test("no type has its module's name, or Module.Name would stop resolving")
    func typesAreNotNamedAsTheirModule() throws {
        let declaration = /\b(?:struct|class|enum|actor|protocol)\s+([A-Za-z0-9]+)/
        for file in try SourceTree.files(below: "Shared", "Services") {
            for line in file.lines where line.hasPrefix("public ") {
                guard let match = line.firstMatch(of: declaration) else { continue }
                #expect(String(match.1) != file.module, "\(file.path): \(match.1) is also the name of its module")
            }
        }
    }

    private static func imports(of file: SourceTree.File) -> [String] {
        let statement =
            /^(?:@testable |@preconcurrency |public |internal )*import (?:struct |class |enum |func )?([A-Za-z0-9_]+)/
        return file.lines.lazy.filter { $0.contains("import ") }.compactMap { line in
            line.firstMatch(of: statement).map { String($0.1) }
        }
    }

    /// Rows of the table "who may import whom": `| module | may import | …`.
    private static func table() throws -> [String: Set<String>] {
        var table: [String: Set<String>] = [:]
        for line in try SourceTree.text("docs/architecture.md").split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count >= 4, cells[1].hasSuffix("`"), cells[2].hasPrefix("imports") else { continue }
            let names = cells[2].matches(of: /`([A-Za-z0-9]+)`/).map { String($0.1) }
            table[cells[1].trimmingCharacters(in: ["`"])] = Set(names)
        }
        return table
    }
}
