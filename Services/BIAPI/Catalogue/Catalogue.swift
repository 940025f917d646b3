import ControlPlane

/// What can be read: schemas, relations, columns.
struct CatalogueAnswer: Encodable, Sendable, Equatable {
    struct Schema: Encodable, Sendable, Equatable {
        let name: String
        var relations: [Relation]
    }

    struct Relation: Encodable, Sendable, Equatable {
        let name: String
        /// `table` or `view`.
        let kind: String
        let description: String?
        var columns: [Column]
    }

    struct Column: Encodable, Sendable, Equatable {
        let name: String
        let type: String
        let description: String?
    }

    var schemas: [Schema]
}

/// Reads what the reading role may read, and adds what the models' authors wrote about it.
struct Catalogue: Sendable {
    let engine: any QueryEngine
    let shelf: ManifestShelf

    /// - Throws: ``QueryFailure``.
    func read() async throws -> CatalogueAnswer {
        let models = Dictionary((shelf.current?.models ?? []).map { ($0.relation, $0) }) { first, _ in first }
        var answer = CatalogueAnswer(schemas: [])
        for relation in try await engine.catalogue() {
            if answer.schemas.last?.name != relation.schema {
                answer.schemas.append(CatalogueAnswer.Schema(name: relation.schema, relations: []))
            }
            let model = models["\(relation.schema).\(relation.name)"]
            let columns = relation.columns.map { column in
                CatalogueAnswer.Column(
                    name: column.name, type: column.type,
                    description: model?.columns.first { $0.name == column.name }?.description ?? column.comment)
            }
            answer.schemas[answer.schemas.count - 1].relations.append(
                CatalogueAnswer.Relation(
                    name: relation.name, kind: relation.isView ? "view" : "table",
                    description: model?.description ?? relation.comment, columns: columns))
        }
        return answer
    }
}
