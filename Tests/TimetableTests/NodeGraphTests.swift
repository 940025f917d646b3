import TestValues
import Testing
import Timetable

@Suite("A graph of nodes") struct NodeGraphTests {
    private func nodes(_ graph: KeyValuePairs<String, [String]>) -> [Node] {
        graph.map {
            Node(
                id: $0.key, dependsOn: $0.value,
                retry: RetryPolicy(retriesMax: 0, delay: 1, delayMax: 1, attemptTimeout: 1))
        }
    }

    @Test("has what comes before a node before it, and knows its last ones and what is behind one")
    func order() throws {
        let graph = try NodeGraph(
            nodes(["d": ["b", "c", "elsewhere", "b"], "c": ["a"], "b": ["a"], "a": [], "x": []]))
        #expect(graph.order.map { graph.nodes[$0].id } == ["a", "x", "c", "b", "d"])
        #expect(graph.leaves.map { graph.nodes[$0].id } == ["d", "x"])
        #expect(graph.upstream[0] == [1, 2])
        #expect(Set(graph.everything(behind: [3]).map { graph.nodes[$0].id }) == ["b", "c", "d"])
        #expect(graph.everything(behind: [0, 4]).isEmpty)
    }

    @Test("without nodes is a graph")
    func empty() throws {
        #expect(try NodeGraph([]).order.isEmpty)
    }

    @Test("whose nodes wait for each other is refused, and the circle is shown")
    func circles() {
        #expect(throws: GraphError.circle(["b", "a"])) { try NodeGraph(nodes(["a": ["b"], "b": ["a"]])) }
        #expect(throws: GraphError.circle(["a"])) { try NodeGraph(nodes(["a": ["a"]])) }
        // What hangs on a circle, or stands before it, is no part of it.
        #expect(throws: GraphError.circle(["c", "b", "d"])) {
            try NodeGraph(nodes(["z": ["d"], "d": ["b"], "a": [], "c": ["d"], "b": ["c", "a"], "e": ["z"]]))
        }
        #expect(GraphError.circle(["a", "b"]).description == "These wait for each other: `a` → `b` → `a`.")
    }

    @Test("in which a name is there twice is refused")
    func twice() {
        #expect(throws: GraphError.twice("a")) { try NodeGraph(nodes(["a": [], "b": [], "a": ["b"]])) }
    }

    @Test("any random one has an order, or a circle that is one", arguments: 1...200)
    func random(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let count = 1 + random.below(9)
        let names = (0..<count).map { "n\($0)" }
        let list = names.map { name in
            Node(
                id: name, dependsOn: names.filter { _ in random.below(5) == 0 },
                retry: RetryPolicy(retriesMax: 0, delay: 1, delayMax: 1, attemptTimeout: 1))
        }
        let byName = Dictionary(uniqueKeysWithValues: list.map { ($0.id, $0) })
        do throws(GraphError) {
            let graph = try NodeGraph(list)
            #expect(graph.order.sorted() == Array(0..<count), "seed \(seed)")
            var seen: Set<String> = []
            for place in graph.order {
                #expect(seen.isSuperset(of: list[place].dependsOn), "seed \(seed)")
                seen.insert(list[place].id)
            }
        } catch {
            guard case .circle(let circle) = error else { throw error }
            #expect(!circle.isEmpty && Set(circle).count == circle.count, "seed \(seed)")
            for (name, next) in zip(circle, circle.dropFirst() + circle.prefix(1)) {
                #expect(byName[next]?.dependsOn.contains(name) == true, "seed \(seed): \(circle)")
            }
        }
    }
}
