import Pipeline
import Spelling

/// Reads `NAME` or `NAME (option value, …)`, and says which options a kind does not have.
struct KindReader {
    let source: SourceFile
    /// Upper case.
    let kind: String
    /// Where the kind's name stands.
    let offset: Int
    /// What formats and expressions are written in.
    let dialect: String
    /// What holds for a model that does not say.
    let defaults: ModelDefaults
    private let properties: [PropertyScanner.Property]
    private var asked: Set<String> = []

    /// - Parameter offset: Where the kind's name stands in `source`.
    init(_ source: SourceFile, at offset: Int, dialect: String, defaults: ModelDefaults) throws(PipelineError) {
        self.defaults = defaults
        self.source = source
        self.offset = offset
        self.dialect = dialect
        var scanner = PropertyScanner(source, from: offset)
        kind = (scanner.nextWord() ?? "").uppercased()
        properties = scanner.opensParenthesis ? try scanner.properties() : []
        if let twice = PropertyScanner.repeated(in: properties) {
            throw source.error(at: twice.nameOffset, "The option \(twice.name) is here twice.")
        }
    }

    /// Why a kind of SQLMesh's cannot be here; nil for all others. Its options are not looked at.
    static func refusal(of source: SourceFile, at offset: Int) -> String? {
        var scanner = PropertyScanner(source, from: offset)
        return switch (scanner.nextWord() ?? "").uppercased() {
        case "CUSTOM":
            "The kind CUSTOM is a Python class, and Python is not run here. Use FULL, INCREMENTAL_BY_TIME_RANGE or "
                + "INCREMENTAL_BY_UNIQUE_KEY, with pre- and post-statements for what else is to happen."
        case "MANAGED":
            "The kind MANAGED is kept up to date by an engine that this is not. Use FULL, or VIEW (materialized true)."
        default: nil
        }
    }

    /// The kind, all of whose options are known.
    static func read(
        _ source: SourceFile, at offset: Int, dialect: String, defaults: ModelDefaults = ModelDefaults()
    ) throws(PipelineError) -> ModelKind {
        var reader = try KindReader(source, at: offset, dialect: dialect, defaults: defaults)
        let kind = try reader.kindOfName()
        if let unknown = reader.properties.first(where: { !reader.asked.contains($0.name) }) {
            let hint = KnownNames.nearest(to: unknown.name, in: reader.asked).map { " Did you mean \($0)?" } ?? ""
            let known = reader.asked.isEmpty ? "none" : reader.asked.sorted().joined(separator: ", ")
            throw source.error(
                at: unknown.nameOffset, "\(reader.kind) has no option `\(unknown.name)`.\(hint) Known: \(known).")
        }
        return kind
    }

    private mutating func kindOfName() throws(PipelineError) -> ModelKind {
        switch kind {
        case ViewKind.name: return .view(try ViewKind(&self))
        case FullKind.name: return .full(FullKind())
        case TimeRangeOptions.name: return .incrementalByTimeRange(try TimeRangeOptions(&self))
        case UniqueKeyKind.name: return .incrementalByUniqueKey(try UniqueKeyKind(&self))
        case PartitionKind.name: return .incrementalByPartition(try PartitionKind(&self))
        case UnmanagedKind.name: return .incrementalUnmanaged(try UnmanagedKind(&self))
        case SCDByTimeKind.name, "SCD_TYPE_2": return .scdType2ByTime(try SCDByTimeKind(&self))
        case SCDByColumnKind.name: return .scdType2ByColumn(try SCDByColumnKind(&self))
        case SeedKind.name: return .seed(try SeedKind(&self))
        case EmbeddedKind.name: return .embedded(EmbeddedKind())
        case ExternalKind.name: return .external(ExternalKind())
        default:
            throw source.error(
                at: offset, "The kind `\(kind)` is not supported. Known: \(Self.known.joined(separator: ", ")).")
        }
    }

    /// Names of all kinds that can be written.
    static let known = [
        ViewKind.name, FullKind.name, TimeRangeOptions.name, UniqueKeyKind.name, PartitionKind.name, UnmanagedKind.name,
        SCDByTimeKind.name, SCDByColumnKind.name, SeedKind.name, EmbeddedKind.name, ExternalKind.name,
    ]
}

// MARK: - Options

extension KindReader {
    /// The option as written; nil when it is not there. Asking makes it a known one.
    mutating func property(_ name: String) throws(PipelineError) -> PropertyScanner.Property? {
        asked.insert(name)
        return properties.first { $0.name == name }
    }

    mutating func needed(_ name: String) throws(PipelineError) -> PropertyScanner.Property {
        guard let property = try property(name) else {
            throw source.error(at: offset, "\(kind) needs (\(name) …).")
        }
        return property
    }

    mutating func boolean(_ name: String) throws(PipelineError) -> Bool? {
        guard let property = try property(name) else { return nil }
        return try ModelProperties(source: source).boolean(property.text, at: property.offset)
    }

    mutating func count(_ name: String, from minimum: Int) throws(PipelineError) -> Int? {
        guard let property = try property(name) else { return nil }
        guard let value = Int(property.plain), value >= minimum, value <= 100_000 else {
            throw source.error(at: property.offset, "\(name) must be a number from \(minimum) to 100000.")
        }
        return value
    }

    /// A column's name, as SQL means it.
    mutating func name(_ name: String) throws(PipelineError) -> String? {
        try property(name)?.text.identifierName
    }

    /// One expression or a list of them, as written.
    mutating func expressions(_ name: String) throws(PipelineError) -> [String] {
        let property = try needed(name)
        let list = try property.elements(in: source).filter { !$0.isEmpty }
        guard !list.isEmpty else { throw source.error(at: property.offset, "\(name) is empty.") }
        return list
    }

    /// One of an enumeration's words.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(PipelineError) -> Choice? where Choice.RawValue == String {
        guard let property = try property(name) else { return nil }
        guard let choice = Choice(rawValue: property.plain.lowercased()) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw source.error(at: property.offset, "`\(property.plain)` is no \(name). Known: \(known).")
        }
        return choice
    }

    /// An error at an option, or at the kind where it is not written.
    func error(_ name: String, _ message: String) -> PipelineError {
        source.error(at: properties.first { $0.name == name }?.offset ?? offset, message)
    }
}

extension String {
    /// True for a column's name alone, in quotes or without.
    public var isPlainName: Bool {
        if first == "\"" { return count > 2 && last == "\"" && !dropFirst().dropLast().contains("\"") }
        return !isEmpty && allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } && first?.isNumber != true
    }
}

extension PropertyScanner.Property {
    /// Without the parentheses around all of it.
    var unwrapped: String {
        var depth = 0
        for (index, character) in text.enumerated() {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth == 0, index + 1 < text.count { return text }
        }
        guard text.first == "(", text.last == ")" else { return text }
        return String(text.dropFirst().dropLast()).trimmingPrefix(while: \.isWhitespace).description
    }
}
