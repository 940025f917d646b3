// Resources: those parts of BigQuery's resources (REST, v2) that are sent or read here. Names are Google's; whole numbers of 64
// bits are texts there.

/// A job's name. Its id is chosen by who starts it, so that a job that was started twice is one.
struct JobReference: Codable, Sendable, Equatable {
    var projectId: String
    var jobId: String
    var location: String?
}

/// A job as it is started.
struct Job: Encodable, Sendable {
    var jobReference: JobReference
    var configuration: JobConfiguration
}

/// A job as it is told of.
struct JobState: Decodable, Sendable {
    struct Status: Decodable, Sendable {
        /// `PENDING`, `RUNNING`, `DONE`.
        let state: String?
        /// Why it failed as a whole.
        let errorResult: ErrorProto?
    }

    struct Statistics: Decodable, Sendable {
        struct Query: Decodable, Sendable {
            /// `SELECT`, `SCRIPT`, `MERGE`.
            let statementType: String?
            let totalBytesProcessed: String?
        }
        let query: Query?
    }

    let jobReference: JobReference?
    let status: Status?
    let statistics: Statistics?
}

struct JobConfiguration: Encodable, Sendable {
    var query: JobQuery?
    var load: JobLoad?
    var labels: [String: String]?
    var dryRun: Bool?
    /// Milliseconds.
    var jobTimeoutMs: String?
}

/// Lines of JSON that come with the job, each a row, in place of what is in a table.
struct JobLoad: Encodable, Sendable {
    let destinationTable: TableReference
    let schema: TableSchema
    private(set) var sourceFormat = "NEWLINE_DELIMITED_JSON"
    private(set) var writeDisposition = "WRITE_TRUNCATE"
}

/// A query, or several statements, as a job.
struct JobQuery: Encodable, Sendable {
    var query: String
    var useLegacySql = false
    var parameterMode: String?
    var queryParameters: [QueryParameter]?
    var maximumBytesBilled: String?

    init(_ query: String, parameters: [QueryParameter] = [], bytesBilledMax: Int64? = nil) {
        self.query = query
        parameterMode = parameters.isEmpty ? nil : "NAMED"
        queryParameters = parameters.isEmpty ? nil : parameters
        maximumBytesBilled = bytesBilledMax.map { "\($0)" }
    }
}

struct QueryParameter: Encodable, Sendable, Equatable {
    /// A type; of an array its elements', of a struct its fields'.
    indirect enum TypeName: Encodable, Sendable, Equatable {
        struct Field: Encodable, Sendable, Equatable {
            let name: String
            let type: TypeName
        }
        case scalar(String)
        case array(TypeName)
        case `struct`([Field])

        private enum CodingKeys: String, CodingKey { case type, arrayType, structTypes }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            switch self {
            case .scalar(let word): try fields.encode(word, forKey: .type)
            case .array(let element):
                try fields.encode("ARRAY", forKey: .type)
                try fields.encode(element, forKey: .arrayType)
            case .struct(let types):
                try fields.encode("STRUCT", forKey: .type)
                try fields.encode(types, forKey: .structTypes)
            }
        }
    }

    /// Nothing of it is NULL.
    struct Value: Encodable, Sendable, Equatable {
        var value: String?
        var arrayValues: [Value]?
        var structValues: [String: Value]?
    }

    let name: String
    let parameterType: TypeName
    let parameterValue: Value

    /// `@name` in the query.
    init(_ name: String, _ type: BigQueryType, _ value: BigQueryValue) {
        self.name = name
        parameterType = type.parameterType
        parameterValue = value.parameterValue(type)
    }
}

/// An answer of `jobs.getQueryResults`.
struct QueryResultsPage: Decodable, Sendable {
    struct Row: Decodable, Sendable {
        let f: [Cell.Wrapped]
    }
    let jobComplete: Bool
    let schema: TableSchema?
    let rows: [Row]?
    let pageToken: String?
    let totalRows: String?
}

struct DatasetReference: Codable, Sendable, Equatable {
    var projectId: String
    var datasetId: String
}

struct Dataset: Codable, Sendable {
    var datasetReference: DatasetReference
    var location: String?
    var description: String?
    /// How long a table is kept where nothing else is said; milliseconds, an hour at least.
    var defaultTableExpirationMs: String?
}

struct DatasetList: Decodable, Sendable {
    struct Item: Decodable, Sendable { let datasetReference: DatasetReference }
    let datasets: [Item]?
    let nextPageToken: String?
}

struct TableReference: Codable, Sendable, Equatable {
    var projectId: String
    var datasetId: String
    var tableId: String
}

struct TableFieldSchema: Codable, Sendable, Equatable {
    var name: String
    /// `STRING`; `INTEGER`, `FLOAT`, `BOOLEAN` and `RECORD` are the old words that answers use.
    var type: String
    /// `NULLABLE`, `REQUIRED`, `REPEATED`; the first when it is missing.
    var mode: String?
    var description: String?
    var fields: [TableFieldSchema]?
    /// Of NUMERIC and BIGNUMERIC: all digits, and those behind the point.
    var precision: String?
    var scale: String?
}

struct TableSchema: Codable, Sendable, Equatable {
    var fields: [TableFieldSchema]?
}

struct Table: Codable, Sendable {
    struct TimePartitioning: Codable, Sendable {
        /// `DAY`, `HOUR`, `MONTH`, `YEAR`.
        var type: String
        var field: String?
        /// Milliseconds.
        var expirationMs: String?
    }
    struct Clustering: Codable, Sendable { var fields: [String] }

    var tableReference: TableReference
    var description: String?
    /// `TABLE`, `VIEW`, `MATERIALIZED_VIEW`, `EXTERNAL`, `SNAPSHOT`. Only read.
    var type: String?
    var schema: TableSchema?
    var timePartitioning: TimePartitioning?
    var clustering: Clustering?
}

struct TableList: Decodable, Sendable {
    struct Item: Decodable, Sendable { let tableReference: TableReference }
    let tables: [Item]?
    let nextPageToken: String?
}

/// An answer of which nothing is wanted, or an empty one.
struct NoAnswer: Decodable, Sendable {}
