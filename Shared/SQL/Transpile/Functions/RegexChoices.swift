// RegexChoices: whether both engines choose the same of several matches that begin at one place.
//
// PostgreSQL takes the longest match, or, where the first quantifier is one that asks for little (`*?`), the shortest: for
// the pattern as a whole. RE2 takes what Perl would: the first alternative that leads to a match, and of each quantifier
// what it asks for by itself. They agree where all quantifiers ask for the same, and where of alternatives only one can
// match at a place.

/// A pattern's quantifiers and alternatives.
struct RegexChoices {
    private var rest: Substring
    private let isAnchored: Bool
    private var isGreedy = false
    private var isLazy = false
    private var hasAlternatives = false

    init(_ pattern: String) {
        rest = Substring(pattern)
        isAnchored = pattern.hasPrefix("^") && pattern.hasSuffix("$")
    }

    /// - Throws: What the engines decide differently.
    mutating func check() throws(RegexPattern.Unsupported) {
        while !rest.isEmpty { try alternatives() }
        if isLazy, isGreedy {
            throw RegexPattern.Unsupported(construct: "quantifiers that ask for much beside some that ask for little")
        }
        if isLazy, hasAlternatives {
            throw RegexPattern.Unsupported(construct: "alternatives beside a quantifier that asks for little")
        }
    }

    /// What a branch can begin with, as far as that is plain to see.
    private struct Branch {
        /// The branch, when it is nothing but letters.
        var text: String? = ""
        /// ASCII characters; nil when it may begin with anything.
        var first: Set<Character>?
        var isEmpty = true

        mutating func append(_ atom: Set<Character>?, letter: Character?, isOptional: Bool, isRepeated: Bool) {
            if isEmpty, !isOptional { first = atom }
            isEmpty = false
            if let letter, !isOptional, !isRepeated { text?.append(letter) } else { text = nil }
        }
    }

    /// Branches up to the end of the group, or of the pattern.
    private mutating func alternatives() throws(RegexPattern.Unsupported) {
        var branches = [Branch()]
        scan: while let character = rest.popFirst() {
            switch character {
            case ")": break scan
            case "|": branches.append(Branch())
            case "(":
                skipGroupMark()
                try alternatives()
                let (isOptional, isRepeated) = quantifier()
                branches[branches.count - 1].append(
                    nil, letter: nil, isOptional: isOptional, isRepeated: isRepeated)
            case "^", "$": branches[branches.count - 1].append(nil, letter: nil, isOptional: false, isRepeated: false)
            default:
                let (atom, letter) = atom(character)
                let (isOptional, isRepeated) = quantifier()
                branches[branches.count - 1].append(
                    atom, letter: letter, isOptional: isOptional, isRepeated: isRepeated)
            }
        }
        guard branches.count > 1 else { return }
        hasAlternatives = true
        for (index, branch) in branches.enumerated() {
            for later in branches[(index + 1)...] where mayChoose(branch, later) {
                throw RegexPattern.Unsupported(construct: "alternatives that can match at the same place")
            }
        }
    }

    /// Whether both can match at one place, the first less than the later.
    private func mayChoose(_ branch: Branch, _ later: Branch) -> Bool {
        if isAnchored { return false }
        if let text = branch.text?.lowercased(), let other = later.text?.lowercased() {
            return text != other && other.hasPrefix(text)
        }
        guard let first = branch.first, let other = later.first else { return true }
        return !first.isDisjoint(with: other)
    }

    private mutating func skipGroupMark() {
        guard rest.first == "?" else { return }
        // (?:…), (?P<name>…), (?i), (?i:…); of looking around the engine's own check speaks.
        while let character = rest.first, character != ")" {
            rest.removeFirst()
            if character == ":" || character == ">" || character == "=" || character == "!" { return }
        }
    }

    /// `*`, `+`, `?`, `{m,n}`, each with a question mark behind it where it asks for little.
    private mutating func quantifier() -> (isOptional: Bool, isRepeated: Bool) {
        var result = (isOptional: false, isRepeated: false)
        while let character = rest.first {
            switch character {
            case "*", "?": result.isOptional = true
            case "+": result.isRepeated = true
            case "{":
                guard let end = rest.firstIndex(of: "}"), rest.dropFirst().first?.isNumber == true else {
                    return result
                }
                let bounds = rest[..<end].dropFirst()
                if bounds.hasPrefix("0") { result.isOptional = true }
                result.isRepeated = true
                rest = rest[end...]
                if !bounds.contains(",") {
                    // A fixed number leaves nothing to choose.
                    rest.removeFirst()
                    if rest.first == "?" { rest.removeFirst() }
                    continue
                }
            default: return result
            }
            rest.removeFirst()
            if rest.first == "?" {
                rest.removeFirst()
                isLazy = true
            } else {
                isGreedy = true
            }
        }
        return result
    }

    // MARK: Atoms

    private static let digits = Set("0123456789")
    private static let blanks = Set(" \t\n\r\u{b}\u{c}")

    /// The characters that an atom matches, in lower case; nil when they are too many to tell.
    private mutating func atom(_ character: Character) -> (Set<Character>?, Character?) {
        switch character {
        case ".": return (nil, nil)
        case "[": return (bracket(), nil)
        case "\\":
            guard let letter = rest.popFirst() else { return (nil, nil) }
            switch letter {
            case "d": return (Self.digits, nil)
            case "s": return (Self.blanks, nil)
            default:
                let isPlain = letter.isASCII && !letter.isLetter && !letter.isNumber
                return isPlain ? ([letter], letter) : (nil, nil)
            }
        default: return (character.isASCII ? Set(character.lowercased()) : nil, character)
        }
    }

    /// `[a-z_]`, from behind the opening bracket on; nil for one with classes or negated.
    private mutating func bracket() -> Set<Character>? {
        var found: Set<Character>? = []
        var previous: Character?
        if rest.first == "^" {
            rest.removeFirst()
            found = nil
        }
        if rest.first == "]" {
            rest.removeFirst()
            found?.insert("]")
        }
        while let character = rest.popFirst() {
            switch character {
            case "]": return found
            case "\\":
                switch rest.popFirst() {
                case "d": found?.formUnion(Self.digits)
                case "s": found?.formUnion(Self.blanks)
                case let letter? where letter.isASCII && !letter.isLetter && !letter.isNumber: found?.insert(letter)
                default: found = nil
                }
                previous = nil
            case "[" where rest.first == ":":
                found = nil
                while let inner = rest.popFirst(), inner != "]" {}
            case "-" where previous != nil && rest.first != "]":
                guard let low = previous?.asciiValue, let high = rest.popFirst()?.asciiValue, low <= high else {
                    found = nil
                    continue
                }
                for code in low...high { found?.formUnion(Character(UnicodeScalar(code)).lowercased()) }
                previous = nil
            default:
                if character.isASCII { found?.formUnion(character.lowercased()) } else { found = nil }
                previous = character
            }
        }
        return found
    }
}
