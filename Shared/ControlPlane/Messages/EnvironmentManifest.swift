import struct Foundation.Date

/// transformer: everything others need to know of an environment. The last one of a key is the truth.
public struct EnvironmentManifest: ControlMessage {
    public static let type = "environment.manifest"
    public static let topic = ControlTopic.environments

    /// A column of a model.
    public struct Column: Codable, Sendable, Hashable {
        public var name: String
        public var type: String
        public var description: String?

        public init(name: String, type: String, description: String? = nil) {
            self.name = name
            self.type = type
            self.description = description
        }
    }

    /// A model as promoted.
    public struct Model: Codable, Sendable, Hashable {
        /// With its schema: `analytics.sessions`.
        public var name: String
        /// SQLMesh's word: `VIEW`, `FULL`, `INCREMENTAL_BY_TIME_RANGE` …
        public var kind: String
        /// What readers query: the view of the virtual layer, with its schema.
        public var relation: String
        public var columns: [Column]
        /// Models that this one reads, by name.
        public var dependsOn: [String]
        /// Relations it reads that are no models: raw tables.
        public var sources: [String]
        public var cron: String
        /// IANA zone of `cron`; `nil`: UTC. `cron_tz` on the wire.
        public var cronTimeZone: String?
        /// Data before this is never computed.
        public var start: Date?
        public var owner: String?
        public var description: String?
        public var tags: [String]
        /// How often a failed task is tried again; `nil`: as the scheduler does by default.
        public var retries: Int?

        public init(
            name: String, kind: String, relation: String, columns: [Column], dependsOn: [String], sources: [String],
            cron: String, cronTimeZone: String? = nil, start: Date? = nil, owner: String? = nil,
            description: String? = nil, tags: [String] = [], retries: Int? = nil
        ) {
            self.name = name
            self.kind = kind
            self.relation = relation
            self.columns = columns
            self.dependsOn = dependsOn
            self.sources = sources
            self.cron = cron
            self.cronTimeZone = cronTimeZone
            self.start = start
            self.owner = owner
            self.description = description
            self.tags = tags
            self.retries = retries
        }

        enum CodingKeys: String, CodingKey {
            case name, kind, relation, columns, dependsOn, sources, cron, cronTimeZone = "cronTz", start, owner
            case description, tags, retries
        }
    }

    public var environment: String
    public var promotedAt: Date
    public var plan: String
    public var models: [Model]
    /// Set only on the way, when it takes several messages: see ``EnvironmentManifest/messages(bytesMax:)``. Readers of a
    /// ``ControlSubscriber`` see the whole, without it.
    public var parts: Int?

    public var key: String { environment }

    public init(environment: String, promotedAt: Date, plan: String, models: [Model], parts: Int? = nil) {
        self.environment = environment
        self.promotedAt = promotedAt
        self.plan = plan
        self.models = models
        self.parts = parts
    }
}
