import ControlPlane
import Synchronization

/// The manifest of the environment that is shown: descriptions and names of its models.
final class ManifestShelf: Sendable {
    private let manifest = Mutex<EnvironmentManifest?>(nil)

    var current: EnvironmentManifest? { manifest.withLock { $0 } }

    /// Takes a manifest; `nil` when the environment is no more.
    func set(_ newManifest: EnvironmentManifest?) { manifest.withLock { $0 = newManifest } }

    /// Every relation of the environment.
    var relations: Set<String> { Set(current?.models.map(\.relation) ?? []) }

    /// The relations of models; a model that the manifest does not know (yet) goes by its own name.
    func relations(of models: [String]) -> [String] {
        let known = Dictionary((current?.models ?? []).map { ($0.name, $0.relation) }) { first, _ in first }
        return models.map { known[$0] ?? $0 }
    }
}
