// ModelSelection: which models of an environment a task means: names, `tag:…`, `*` for any letters, `+` for what is around.
import ControlPlane

struct ModelSelection {
    private let models: [EnvironmentManifest.Model]
    private let dependencies: [String: [String]]
    private let readers: [String: [String]]

    init(_ manifest: EnvironmentManifest) {
        models = manifest.models
        dependencies = Dictionary(models.map { ($0.name, $0.dependsOn) }) { first, _ in first }
        var readers: [String: [String]] = [:]
        for model in models { for name in model.dependsOn { readers[name, default: []].append(model.name) } }
        self.readers = readers
    }

    /// The models that any of `selectors` means, in the manifest's order.
    func models(_ selectors: [String]) -> [EnvironmentManifest.Model] {
        var chosen: Set<String> = []
        for selector in selectors {
            var text = Substring(selector)
            let isUpstream = text.hasPrefix("+")
            if isUpstream { text = text.dropFirst() }
            let isDownstream = text.hasSuffix("+")
            if isDownstream { text = text.dropLast() }
            let found = text.hasPrefix("tag:") ? tagged(text.dropFirst(4)) : named(text)
            chosen.formUnion(found)
            if isUpstream { chosen.formUnion(everything(from: found, along: dependencies)) }
            if isDownstream { chosen.formUnion(everything(from: found, along: readers)) }
        }
        return models.filter { chosen.contains($0.name) }
    }

    private func named(_ pattern: Substring) -> [String] {
        models.map(\.name).filter { Self.matches($0[...], pattern) }
    }

    private func tagged(_ pattern: Substring) -> [String] {
        models.filter { $0.tags.contains { Self.matches($0[...], pattern) } }.map(\.name)
    }

    private func everything(from names: [String], along edges: [String: [String]]) -> Set<String> {
        var found: Set<String> = []
        var open = names
        while let next = open.popLast() {
            for name in edges[next] ?? [] where found.insert(name).inserted { open.append(name) }
        }
        return found
    }

    /// Each piece between stars is looked for where the one before ends: no pattern takes longer than the text is long.
    static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
        var pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return text == pattern }
        guard text.hasPrefix(first), text.dropFirst(first.count).hasSuffix(last) else { return false }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        pieces = Array(pieces.dropFirst().dropLast())
        for piece in pieces where !piece.isEmpty {
            guard let range = rest.firstRange(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}
