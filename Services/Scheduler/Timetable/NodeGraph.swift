// NodeGraph: which node comes before which. Nodes that are named and not there count as met.
// Always: there is no circle; `order` has each node once, behind those before it.

/// Why nodes make no graph.
public enum GraphError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The nodes in the order of the circle; the last leads to the first.
    case circle([String])
    case twice(String)

    public var description: String {
        switch self {
        case .circle(let nodes):
            "These wait for each other: " + (nodes + nodes.prefix(1)).map { "`\($0)`" }.joined(separator: " → ") + "."
        case .twice(let node): "`\(node)` is there twice."
        }
    }
}

/// Nodes in their order. Nodes are meant by their place in the list that the graph was made of.
public struct NodeGraph: Sendable, Equatable {
    public let nodes: [Node]
    /// An order in which what a node depends on comes before it.
    public let order: [Int]
    /// Of each node those right before it.
    public let upstream: [[Int]]
    /// Of each node those right behind it.
    public let downstream: [[Int]]

    public init(_ nodes: [Node]) throws(GraphError) {
        var places: [String: Int] = [:]
        for (place, node) in nodes.enumerated() where places.updateValue(place, forKey: node.id) != nil {
            throw .twice(node.id)
        }
        var downstream = Array(repeating: [Int](), count: nodes.count)
        let upstream = nodes.map { node in Set(node.dependsOn.compactMap { places[$0] }).sorted() }
        for (place, before) in upstream.enumerated() {
            for other in before { downstream[other].append(place) }
        }
        self.nodes = nodes
        self.upstream = upstream
        self.downstream = downstream
        order = Self.order(upstream, downstream)
        guard order.count == nodes.count else {
            throw .circle(Self.circle(upstream, outside: Set(order)).map { nodes[$0].id })
        }
    }

    /// Nodes that nothing hangs on: how they end is how a run ends.
    public var leaves: [Int] { downstream.indices.filter { downstream[$0].isEmpty } }

    /// All nodes behind `places`, directly or not, without them unless they are behind one another.
    public func everything(behind places: some Sequence<Int>) -> Set<Int> {
        var found: Set<Int> = []
        var open = places.flatMap { downstream[$0] }
        while let next = open.popLast() {
            if found.insert(next).inserted { open += downstream[next] }
        }
        return found
    }

    private static func order(_ upstream: [[Int]], _ downstream: [[Int]]) -> [Int] {
        var missing = upstream.map(\.count)
        var order: [Int] = []
        var ready = missing.indices.filter { missing[$0] == 0 }
        while !ready.isEmpty {
            order += ready
            var next: [Int] = []
            for place in ready {
                for other in downstream[place] {
                    missing[other] -= 1
                    if missing[other] == 0 { next.append(other) }
                }
            }
            ready = next
        }
        return order
    }

    /// A circle among what no order has reached: each of those has one of them before it, so going back comes round.
    private static func circle(_ upstream: [[Int]], outside ordered: Set<Int>) -> [Int] {
        guard var place = upstream.indices.first(where: { !ordered.contains($0) }) else { return [] }
        var path: [Int] = []
        while !path.contains(place) {
            path.append(place)
            guard let before = upstream[place].first(where: { !ordered.contains($0) }) else { return [] }
            place = before
        }
        return path.drop { $0 != place }.reversed()
    }
}
