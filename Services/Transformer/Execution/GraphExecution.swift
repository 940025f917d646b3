import ModelProject

/// Runs work for models in the order in which they depend on each other, several at a time.
struct GraphExecution: Sendable {
    /// A model, and those among the others that must be done before it.
    struct Node: Sendable {
        let name: ModelName
        /// What it reads: when one of them fails, this one is left out.
        let parents: [ModelName]
        /// What only has to be done before it: audits of it look there.
        var after: [ModelName] = []
    }

    /// Parents before children.
    private let nodes: [Node]
    private let concurrency: Int

    /// - Parameters:
    ///   - nodes: Parents before children.
    ///   - concurrency: How many are at work at a time, at least 1.
    init(_ nodes: [Node], concurrency: Int) {
        self.nodes = nodes
        self.concurrency = max(1, concurrency)
    }

    /// Runs `body` for every model whose parents have not failed. The first of the models that may begin, in the order
    /// given, begins first.
    /// - Throws: What failed, once everything else is done; at once, with the others cancelled, an error that is none of a
    ///   model's.
    func run(_ body: @escaping @Sendable (ModelName) async throws -> Void) async throws {
        var failures = ModelFailures()
        var waits: [ModelName: Int] = [:]
        var followers: [ModelName: [Int]] = [:]
        let known = Set(nodes.map(\.name))
        for (index, node) in nodes.enumerated() {
            let before = Set(node.parents + node.after).intersection(known).subtracting([node.name])
            waits[node.name] = before.count
            for other in before { followers[other, default: []].append(index) }
        }
        var ready = nodes.indices.filter { waits[nodes[$0].name] == 0 }
        try await withThrowingTaskGroup(of: (ModelName, (any Error)?).self) { group in
            var running = 0
            func settle(_ name: ModelName) {
                for index in followers[name] ?? [] {
                    let follower = nodes[index].name
                    waits[follower, default: 0] -= 1
                    if waits[follower] == 0 {
                        ready.insert(index, at: ready.firstIndex { $0 > index } ?? ready.endIndex)
                    }
                }
            }
            while true {
                while running < concurrency, !ready.isEmpty {
                    let node = nodes[ready.removeFirst()]
                    if failures.skips(node.name, reading: node.parents) {
                        settle(node.name)
                        continue
                    }
                    running += 1
                    group.addTask {
                        do {
                            try Task.checkCancellation()
                            try await body(node.name)
                            return (node.name, nil)
                        } catch {
                            return (node.name, error)
                        }
                    }
                }
                guard let (name, error) = try await group.next() else { break }
                running -= 1
                if let error {
                    do { try failures.note(error, of: name) } catch {
                        group.cancelAll()
                        throw error
                    }
                }
                settle(name)
            }
        }
        try failures.check()
    }
}
