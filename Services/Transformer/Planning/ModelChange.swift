import ModelProject

/// What of a model's rows is other than it was.
public enum RowEffect: Sendable, Equatable {
    /// Nothing: every row that was right still is.
    case none
    /// The values of these columns, or whether they are there; without any, there are only new columns. The rows are the
    /// same ones, so that whoever reads other columns reads what it did.
    case columns(Set<String>)
    /// Any row may be another one.
    case all

    /// What the two do together.
    func union(_ other: RowEffect) -> RowEffect {
        switch (self, other) {
        case (.all, _), (_, .all): .all
        case (.none, let effect), (let effect, .none): effect
        case (.columns(let first), .columns(let second)): .columns(first.union(second))
        }
    }
}

/// How a model differs from what the environment has.
public struct ModelChange: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case added
        case removed
        /// The model's own text says other rows; `none` when it says the same ones in other words.
        case modified(RowEffect)
        /// The model's own text says other rows, and only new intervals get them: those that are there stay.
        case forwardOnly
        /// Only models that it reads. With `none` it stays as it is.
        case indirectlyModified(RowEffect)
        /// Owner, description, cron, audits …: nothing is computed.
        case metadata
    }
    public let name: ModelName
    public let kind: Kind
    /// Why it was decided so, for people: `WHERE differs`, `reads y of analytics.a`.
    public let reason: String
    /// The file's text before and after, where it differs.
    public let texts: (before: String, after: String)?

    public init(
        name: ModelName, kind: Kind, reason: String = "", texts: (before: String, after: String)? = nil
    ) {
        self.name = name
        self.kind = kind
        self.reason = reason
        self.texts = texts
    }

    /// Whether the model's own text says something else of its rows.
    public var isOfItsText: Bool {
        switch kind {
        case .modified, .forwardOnly: true
        case .added, .removed, .indirectlyModified, .metadata: false
        }
    }

    /// Compares what is to happen, not the words for it.
    public static func == (left: ModelChange, right: ModelChange) -> Bool {
        left.name == right.name && left.kind == right.kind
    }
}

extension RowEffect {
    /// The category that follows from it.
    var words: String {
        switch self {
        case .all: ChangeCategory.breaking.rawValue
        case .columns: ChangeCategory.nonBreaking.rawValue
        case .none: ChangeCategory.sameRows.rawValue
        }
    }
}

extension ChangeCategory {
    /// How the model differs then.
    var kind: ModelChange.Kind {
        switch self {
        case .breaking: .modified(.all)
        case .nonBreaking: .modified(.columns([]))
        case .forwardOnly: .forwardOnly
        case .sameRows: .modified(.none)
        }
    }
}

extension ModelChange.Kind {
    /// What those see of it who read the model.
    var effect: RowEffect {
        switch self {
        case .added, .removed: .all
        case .modified(let effect), .indirectlyModified(let effect): effect
        case .metadata, .forwardOnly: .none
        }
    }

    /// Whether the table that is there goes on holding the model's rows.
    var keepsRows: Bool {
        switch self {
        case .added, .removed: false
        case .modified(let effect), .indirectlyModified(let effect): effect == .none
        case .metadata, .forwardOnly: true
        }
    }
}
