import Planning

/// The environments as data.
struct EnvironmentsDocument: Encodable {
    struct Model: Encodable {
        let name: String, kind: String, version: String, table: String, view: String
        /// What is computed.
        let done: [TimeSpan]
    }
    struct Environment: Encodable {
        let name: String, plan: String, promotedAt: String
        /// Parents before children.
        let models: [Model]
    }
    struct Unreadable: Encodable { let name: String, reason: String }

    let environments: [Environment]
    /// Those that this version cannot read.
    let unreadable: [Unreadable]

    init(_ listing: EnvironmentCatalog.Listing, done: [VersionID: IntervalSet]) {
        environments = listing.environments.map { environment in
            Environment(
                name: environment.name, plan: environment.plan, promotedAt: environment.promotedAt.description,
                models: environment.models.map { model in
                    Model(
                        name: model.name.description, kind: model.facts.kind, version: model.version,
                        table: RelationNames.table(model.id).description,
                        view: RelationNames.view(model.name, in: environment.name).description,
                        done: TimeSpan.list(done[model.id] ?? IntervalSet()))
                })
        }
        unreadable = listing.unreadable.map { Unreadable(name: $0.name, reason: $0.reason) }
    }
}
