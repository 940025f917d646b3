import Spelling

/// ` Did you mean …?` when a known name is close to what was written, else what is known.
public func nearest(_ name: String, _ known: some Sequence<String>) -> String {
    let names = known.sorted()
    let hint = KnownNames.hint(for: name, in: names, quote: "`")
    if !hint.isEmpty { return hint }
    return names.isEmpty ? "" : " Known: \(names.joined(separator: ", "))."
}
