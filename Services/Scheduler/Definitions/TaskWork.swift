// TaskWork: what a task of `dags/*.yaml` does, by its kind. Texts are templates until an attempt begins: see Template. A run's
// tasks carry it with them, so that an edit of the file changes no run that is there.
import Timetable

/// What a task does.
public enum TaskWork: Sendable, Equatable {
    case models(ModelWork)
    case audit(ModelWork)
    case sql(SQLWork)
    case branch(BranchWork)
    case http(HTTPWork)
    case publish(PublishWork)
    case email(EmailWork)
    case waitForDAG(DAGWait)
    case waitForData(DataWait)
    /// It cannot be made into tasks as things are, and says why.
    case broken(String)

    /// Of a task of a run. A selection of models becomes a task for each.
    var kind: NodeKind {
        switch self {
        case .models: .model
        case .audit: .audit
        case .sql: .sql
        case .branch: .branch
        case .http: .http
        case .publish: .publish
        case .email: .email
        case .waitForDAG: .waitForDAG
        case .waitForData: .waitForData
        case .broken: .broken
        }
    }
}

/// Models of an environment.
public struct ModelWork: Codable, Sendable, Equatable {
    public var environment: String
    /// Names, `tag:…`, `*` in either, `+` before or behind for what is read and what reads.
    public var select: [String]
    /// Of a task of a run: the one.
    public var model: String?
}

/// A statement.
public struct SQLWork: Codable, Sendable, Equatable {
    /// What must be so, or the task fails.
    public enum Expectation: String, Codable, Sendable, CaseIterable {
        case rows
        case noRows = "no_rows"
        /// The first column of the first row is true.
        case isTrue = "true"
    }

    /// `{{ … }}` in it are bound, never pasted.
    public var statement: String
    public var expect: Expectation?
}

/// A statement and what follows from its first value.
public struct BranchWork: Codable, Sendable, Equatable {
    public var statement: String
    /// Tasks that go on, by value.
    public var cases: [String: [String]]
    /// Tasks that go on for every other value, and for none.
    public var otherwise: [String]
}

/// A request.
public struct HTTPWork: Codable, Sendable, Equatable {
    public var method: String
    /// The scheme and the host are as written; what is filled in behind them is percent-encoded.
    public var url: String
    public var headers: [String: String]
    public var body: String?
    /// Whether the body is JSON: what is filled into it is escaped then.
    public var isDocument: Bool
    /// The secret that signs the body, by name.
    public var sign: String?
    /// The secret that is sent as a bearer's token, by name.
    public var bearer: String?
}

/// A Kafka message.
public struct PublishWork: Codable, Sendable, Equatable {
    public var topic: String
    public var key: String?
    public var value: String
    public var isDocument: Bool
    public var headers: [String: String]
}

/// A mail.
public struct EmailWork: Codable, Sendable, Equatable {
    public var to: [String]
    public var subject: String
    public var text: String
}

/// Until a DAG has succeeded.
public struct DAGWait: Codable, Sendable, Equatable {
    public var dag: String
    /// A task of it, in place of the whole run.
    public var task: String?
    /// A run for a time no longer before the end of this run's interval counts, in seconds.
    public var within: Double
}

/// Until data has landed.
public struct DataWait: Codable, Sendable, Equatable {
    /// The raw table, with its schema.
    public var table: String
    /// How long before the end of this run's interval is far enough, in seconds.
    public var lag: Double
}

extension TaskWork: Codable {
    private enum CodingKeys: String, CodingKey {
        case models, audit, sql, branch, http, publish, email, waitForDag, waitForData, broken
    }

    public init(from decoder: any Decoder) throws {
        let work = try decoder.container(keyedBy: CodingKeys.self)
        guard let key = work.allKeys.first else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath, debugDescription: "this kind of work is not known to this version"))
        }
        switch key {
        case .models: self = .models(try work.decode(ModelWork.self, forKey: key))
        case .audit: self = .audit(try work.decode(ModelWork.self, forKey: key))
        case .sql: self = .sql(try work.decode(SQLWork.self, forKey: key))
        case .branch: self = .branch(try work.decode(BranchWork.self, forKey: key))
        case .http: self = .http(try work.decode(HTTPWork.self, forKey: key))
        case .publish: self = .publish(try work.decode(PublishWork.self, forKey: key))
        case .email: self = .email(try work.decode(EmailWork.self, forKey: key))
        case .waitForDag: self = .waitForDAG(try work.decode(DAGWait.self, forKey: key))
        case .waitForData: self = .waitForData(try work.decode(DataWait.self, forKey: key))
        case .broken: self = .broken(try work.decode(String.self, forKey: key))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .models(let work): try container.encode(work, forKey: .models)
        case .audit(let work): try container.encode(work, forKey: .audit)
        case .sql(let work): try container.encode(work, forKey: .sql)
        case .branch(let work): try container.encode(work, forKey: .branch)
        case .http(let work): try container.encode(work, forKey: .http)
        case .publish(let work): try container.encode(work, forKey: .publish)
        case .email(let work): try container.encode(work, forKey: .email)
        case .waitForDAG(let work): try container.encode(work, forKey: .waitForDag)
        case .waitForData(let work): try container.encode(work, forKey: .waitForData)
        case .broken(let reason): try container.encode(reason, forKey: .broken)
        }
    }
}
