import struct Foundation.Date

/// transformer: some of the models of a manifest that is too large for one message.
///
/// The parts come first, then an ``EnvironmentManifest`` that says how many there are. That one holds all models too, as
/// many as fit, without columns and descriptions: what an older reader can make use of.
public struct EnvironmentManifestPart: ControlMessage {
    public static let type = "environment.manifest.part"
    public static let topic = ControlTopic.environments

    public var environment: String
    public var plan: String
    /// Counted from 1.
    public var part: Int
    /// How many parts there are.
    public var parts: Int
    public var models: [EnvironmentManifest.Model]

    public var key: String { "\(environment)/\(part)" }

    public init(environment: String, plan: String, part: Int, parts: Int, models: [EnvironmentManifest.Model]) {
        self.environment = environment
        self.plan = plan
        self.part = part
        self.parts = parts
        self.models = models
    }
}

extension EnvironmentManifest {
    /// The messages that say this, in the order in which they are to be sent: one, or its parts and then the head.
    /// - Throws: ``ControlSizeError`` when one model alone is too large: it is named.
    public func messages(bytesMax: Int = ControlSize.bytesMax) throws -> [any ControlMessage] {
        if try ControlSize.bytes(of: self) <= bytesMax { return [self] }
        var head = self
        head.models = []
        head.parts = 1_000_000
        let frame = try ControlSize.bytes(of: head) + 100
        let groups = try Self.grouped(models, within: bytesMax - frame)
        guard groups.allSatisfy({ $0.bytes <= bytesMax - frame }) else {
            let names = groups.filter { $0.bytes > bytesMax - frame }.compactMap(\.models.first?.name)
            throw ControlSizeError(
                description: "The description and columns of \(names.prefix(5).joined(separator: ", ")) take more than "
                    + "\(bytesMax) bytes, which no control message can hold. Shorten them.")
        }
        let slim = try Self.grouped(models.map(\.slim), within: bytesMax - frame)
        head.parts = groups.count
        head.models = slim.first?.models ?? []
        let parts = groups.enumerated().map { index, group in
            EnvironmentManifestPart(
                environment: environment, plan: plan, part: index + 1, parts: groups.count, models: group.models)
        }
        return parts + [head]
    }

    /// Models in groups that are as large as they may be; one that is too large is alone in its group.
    private static func grouped(_ models: [Model], within bytesMax: Int) throws -> [(models: [Model], bytes: Int)] {
        var groups: [(models: [Model], bytes: Int)] = []
        for model in models {
            let bytes = try ControlCoding.data(model).count + 1
            if let last = groups.indices.last, groups[last].bytes + bytes <= bytesMax {
                groups[last].models.append(model)
                groups[last].bytes += bytes
            } else {
                groups.append(([model], bytes))
            }
        }
        return groups
    }
}

extension EnvironmentManifest.Model {
    /// What a scheduler needs.
    fileprivate var slim: EnvironmentManifest.Model {
        var model = self
        model.columns = []
        model.description = nil
        return model
    }
}

/// Puts manifests together that came in parts.
struct ManifestParts {
    private var parts: [String: [Int: EnvironmentManifestPart]] = [:]

    /// What a reader sees of a message: nothing of a part, the whole manifest in the place of its head.
    mutating func take(_ envelope: ControlEnvelope) -> ControlEnvelope? {
        switch envelope.message {
        case let part as EnvironmentManifestPart:
            parts[part.environment, default: [:]][part.part] = part
            return nil
        case var manifest as EnvironmentManifest:
            let known = parts.removeValue(forKey: manifest.environment) ?? [:]
            guard let count = manifest.parts else { return envelope }
            manifest.parts = nil
            let found = known.filter { $0.value.plan == manifest.plan && $0.value.parts == count }
            // A part that is missing (the topic lost it): the head says what can be known.
            if found.count == count, count > 0 {
                manifest.models = found.sorted { $0.key < $1.key }.flatMap(\.value.models)
            }
            return envelope.with(manifest)
        case let removed as EnvironmentRemoved:
            parts[removed.environment] = nil
            return envelope
        default: return envelope
        }
    }
}
