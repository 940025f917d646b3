// Spelling: which known name was meant by one that nobody knows.

/// Names that were perhaps meant.
enum Spelling {
    /// The known name that is most like `name`: the same in another case, a few letters off, or begun alike. `nil` when
    /// none is like it.
    static func nearest(to name: String, in known: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8)
        let allowed = max(1, wanted.count / 3)
        var best: (distance: Int, name: String)?
        var longer: String?
        for candidate in known {
            let letters = Array(candidate.lowercased().utf8)
            if abs(letters.count - wanted.count) <= allowed {
                let distance = distance(wanted, letters)
                if distance <= allowed, (distance, candidate) < (best?.distance ?? .max, best?.name ?? "") {
                    best = (distance, candidate)
                }
            }
            guard min(letters.count, wanted.count) >= 3, letters.starts(with: wanted) || wanted.starts(with: letters)
            else { continue }
            longer = longer.map { min($0, candidate) } ?? candidate
        }
        return best?.name ?? longer
    }

    /// ` Did you mean x?`, or nothing; to follow a sentence.
    /// - Parameter quote: Put around the name.
    static func hint(for name: String, in known: some Sequence<String>, quote: String = "") -> String {
        nearest(to: name, in: known).map { " Did you mean \(quote)\($0)\(quote)?" } ?? ""
    }

    /// How many letters must be added, taken away or replaced, or swapped with the next, to make one of the other.
    static func distance(between left: String, and right: String) -> Int {
        distance(Array(left.utf8), Array(right.utf8))
    }

    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var least = a == b ? last[j] : min(last[j], min(last[j + 1], row[j])) + 1
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b { least = min(least, before[j - 1] + 1) }
                row.append(least)
            }
            before = last
            last = row
        }
        return last[right.count]
    }
}
