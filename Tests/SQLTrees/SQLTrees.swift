// Writes random trees of both dialects and reads them back, on all processors. `scripts/random-trees` builds and starts
// it, optimized, since a hundred thousand trees take the tests' own build many minutes.
//   sql-trees COUNT

import SQL

@main
struct SQLTrees {
    static func main() async {
        guard CommandLine.arguments.count == 2, let count = UInt64(CommandLine.arguments[1]), count > 0 else {
            fatalError("usage: sql-trees COUNT")
        }
        let found = await faults(in: count)
        for fault in found { print(fault) }
        guard found.isEmpty else { fatalError("\(found.count) faults in \(count) trees of each dialect") }
        print("\(count) trees of each dialect are read back as they were written")
    }

    private static func faults(in count: UInt64) async -> [String] {
        let parts = 4
        return await withTaskGroup(of: [String].self) { group in
            for dialect in [SQLDialect.postgres, .bigQuery] {
                for part in 0..<UInt64(parts) {
                    group.addTask {
                        stride(from: part, to: count, by: parts).flatMap {
                            TreeCheck(dialect: dialect, seed: $0).faults()
                        }
                    }
                }
            }
            var all: [String] = []
            for await some in group { all += some }
            return all
        }
    }
}
