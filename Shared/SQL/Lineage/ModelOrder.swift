/// Models in an order in which each stands behind those that it reads.
struct ModelOrder {
    private(set) var models: [ModelLineage.Model] = []

    /// - Parameter catalog: Finds models by the names that queries give them.
    /// - Throws: `cycle`, naming the models in a circle, and `unresolved` when two have the same name.
    init(_ all: [ModelLineage.Model], in catalog: SchemaCatalog) throws(SQLError) {
        var numbers: [String: Int] = [:]
        for (number, model) in all.enumerated() {
            guard numbers.updateValue(number, forKey: model.name.description) == nil else {
                throw SQLError(.unresolved, "Two models are called \(model.name). Give one of them another name.")
            }
        }
        let parents = all.map { model in
            model.query.tableReferences().compactMap { table in
                catalog.columns(of: table.name)?.table.flatMap { numbers[$0.description] }
            }
        }
        var states = Array(repeating: State.new, count: all.count)
        for start in all.indices where states[start] == .new {
            // A walk in depth without recursion: chains of models may be long.
            var path = [(model: start, next: 0)]
            states[start] = .open
            while let (model, next) = path.last {
                guard next < parents[model].count else {
                    states[model] = .done
                    models.append(all[model])
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let parent = parents[model][next]
                if parent == model { continue }
                switch states[parent] {
                case .done: break
                case .new:
                    states[parent] = .open
                    path.append((parent, 0))
                case .open:
                    let circle = path.drop { $0.model != parent }.map { all[$0.model].name.description }
                    let names = (circle + circle.prefix(1)).joined(separator: " reads ")
                    throw SQLError(.cycle, "Models read each other in a circle: \(names). Break it at one of them.")
                }
            }
        }
    }

    private enum State { case new, open, done }
}
