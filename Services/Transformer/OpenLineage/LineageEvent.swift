import Foundation
import ModelProject
import Planning

/// A run event of OpenLineage (https://openlineage.io/spec/2-0-2/OpenLineage.json): a model is computed, was computed, or
/// failed. Property names are the specification's.
struct LineageEvent: Encodable {
    enum Kind: String, Encodable {
        case start = "START"
        case complete = "COMPLETE"
        case fail = "FAIL"
        case abort = "ABORT"
    }

    struct Run: Encodable {
        struct Facets: Encodable {
            var nominalTime: NominalTime?
            var errorMessage: ErrorMessage?
        }
        let runId: String
        let facets: Facets
    }

    struct Job: Encodable {
        struct Facets: Encodable {
            let jobType: JobType
            let sql: SQLText
            let documentation: Documentation?
        }
        let namespace: String, name: String
        let facets: Facets
    }

    /// A table or view.
    struct Dataset: Encodable {
        struct Facets: Encodable {
            let schema: Schema?
            let columnLineage: ColumnLineage?
        }
        struct OutputFacets: Encodable {
            let outputStatistics: OutputStatistics
        }
        let namespace: String, name: String
        var facets: Facets?
        var outputFacets: OutputFacets?
    }

    let eventType: Kind
    let eventTime: String
    let run: Run
    let job: Job
    let inputs: [Dataset]
    let outputs: [Dataset]
    let producer = Self.producer
    let schemaURL = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"

    /// Who says so.
    static let producer = "https://openlineage.io/producer/millrace-transformer"
}

/// What facets are made of: each says who made it and what it looks like.
extension LineageEvent {
    private static func schema(_ name: String, _ version: String) -> String {
        "https://openlineage.io/spec/facets/\(version)/\(name).json"
    }

    struct NominalTime: Encodable {
        let _producer = LineageEvent.producer
        let _schemaURL = schema("NominalTimeRunFacet", "1-0-1")
        let nominalStartTime: String, nominalEndTime: String
    }

    struct ErrorMessage: Encodable {
        let _producer = LineageEvent.producer
        let _schemaURL = schema("ErrorMessageRunFacet", "1-0-1")
        let message: String
        let programmingLanguage = "SQL"
    }

    struct JobType: Encodable {
        let _producer = LineageEvent.producer
        let _schemaURL = schema("JobTypeJobFacet", "2-0-3")
        let processingType = "BATCH", integration = "MILLRACE", jobType = "MODEL"
    }

    struct SQLText: Encodable {
        let _producer = LineageEvent.producer
        let _schemaURL = schema("SQLJobFacet", "1-1-0")
        let query: String
        let dialect: String
    }

    struct Documentation: Encodable {
        let _producer = LineageEvent.producer
        let _schemaURL = schema("DocumentationJobFacet", "1-1-0")
        let description: String
    }

    struct Schema: Encodable {
        struct Field: Encodable {
            let name: String
            let type: String?
            let description: String?
        }
        let _producer = LineageEvent.producer
        let _schemaURL = schema("SchemaDatasetFacet", "1-1-1")
        let fields: [Field]
    }

    struct ColumnLineage: Encodable {
        struct Input: Encodable {
            struct Transformation: Encodable {
                let type = "DIRECT"
                /// IDENTITY, TRANSFORMATION or AGGREGATION
                let subtype: String
            }
            let namespace: String, name: String, field: String
            let transformations: [Transformation]
        }
        struct Field: Encodable { let inputFields: [Input] }
        let _producer = LineageEvent.producer
        let _schemaURL = schema("ColumnLineageDatasetFacet", "1-2-0")
        let fields: [String: Field]
    }

    struct OutputStatistics: Encodable {
        let _producer = LineageEvent.producer
        let _schemaURL = schema("OutputStatisticsOutputDatasetFacet", "1-0-2")
        let rowCount: Int
    }
}
