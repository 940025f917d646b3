// ContractVocabulary: every key of the Open Data Contract Standard (v3.0 and v3.1) at the places that Millrace looks at. A key
// that is none of them is a mistake: misspelt, it would silently mean nothing.
import Spelling

/// Keys by place.
enum ContractVocabulary {
    static let root: Set<String> = [
        "apiVersion", "kind", "id", "name", "version", "status", "tenant", "domain", "dataProduct", "description",
        "contractCreatedTs", "tags", "authoritativeDefinitions", "schema", "price", "team", "roles", "support",
        "servers",
        "slaDefaultElement", "slaProperties", "customProperties",
    ]
    static let description: Set<String> = [
        "usage", "purpose", "limitations", "authoritativeDefinitions", "customProperties",
    ]
    static let object: Set<String> = [
        "id", "name", "logicalType", "physicalName", "physicalType", "description", "businessName",
        "dataGranularityDescription", "tags", "authoritativeDefinitions", "customProperties", "quality", "properties",
        "relationships",
    ]
    static let property: Set<String> = [
        "id", "name", "primaryKey", "primaryKeyPosition", "logicalType", "logicalTypeOptions", "physicalType",
        "physicalName", "description", "required", "unique", "businessName", "partitioned", "partitionKeyPosition",
        "classification", "encryptedName", "transformSourceObjects", "transformLogic", "transformDescription",
        "criticalDataElement", "examples", "items", "properties", "quality", "tags", "authoritativeDefinitions",
        "customProperties", "relationships",
    ]
    static let sla: Set<String> = [
        "id", "property", "value", "valueExt", "unit", "element", "driver", "description", "scheduler", "schedule",
    ]
    static let custom: Set<String> = ["id", "property", "value", "description"]
}

extension ContractNode {
    /// Notes every key of this mapping that is none of `known`.
    func refuseOthers(than known: Set<String>) {
        guard let mapping = node?.mapping else { return }
        for (key, _) in mapping {
            guard let name = key.string, !known.contains(name) else { continue }
            let hint = KnownNames.hint(for: name, in: known)
            ContractNode(node: key, path: path.isEmpty ? name : "\(path).\(name)", problems: problems).problem(
                "No key of the standard." + (hint.isEmpty ? " Take it out, or make it one of customProperties." : hint))
        }
    }
}
