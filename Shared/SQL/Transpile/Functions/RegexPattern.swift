// RegexPattern: the same regular expression in the other engine's language.
//
// PostgreSQL's are advanced regular expressions (Henry Spencer's), GoogleSQL's are RE2. Both have most of Perl's syntax.
// They differ in what the dot matches (everything; everything but the end of a line), in letters (Unicode's; ASCII's),
// in the marks of word boundaries, and in what only PostgreSQL has: looking around and references to groups.

/// A pattern that has been put into the other language.
struct RegexPattern {
    /// What one engine has and the other has not.
    struct Unsupported: Error {
        /// `looking ahead (?=…)`.
        var construct: String
    }

    var text = ""
    /// Groups that capture.
    private(set) var groupCount = 0
    /// The letters of the options before the pattern, such as `(?i)`. PostgreSQL reads one such group only.
    private var options = ""

    private let direction: Transpiler.Direction
    /// The group that captures; nil when all do, 0 when none does.
    private let onlyGroup: Int?
    private var rest: Substring

    /// - Parameters:
    ///   - onlyGroup: The group that goes on capturing, from 1; 0 for none, nil for all.
    ///   - isTest: Whether it only matters that there is a match, and not which.
    init(
        _ pattern: String, _ direction: Transpiler.Direction, ignoringCase: Bool = false, onlyGroup: Int? = nil,
        isTest: Bool = false
    ) throws(Unsupported) {
        if !isTest {
            var choices = RegexChoices(pattern)
            try choices.check()
        }
        self.direction = direction
        self.onlyGroup = onlyGroup
        rest = Substring(pattern)
        try leadingOptions()
        if ignoringCase { add("i") }
        while let character = rest.popFirst() { try atom(character) }
        if !options.isEmpty { text = "(?\(options))" + text }
    }

    private mutating func add(_ option: Character) {
        if !options.contains(option) { options.append(option) }
    }

    private mutating func take(_ prefix: String) -> Bool {
        guard rest.hasPrefix(prefix) else { return false }
        rest.removeFirst(prefix.count)
        return true
    }

    /// Whether the dot matches the end of a line.
    private var dotMatchesAll = false

    private mutating func leadingOptions() throws(Unsupported) {
        dotMatchesAll = direction == .toBigQuery
        if direction == .toBigQuery, rest.hasPrefix("***") { throw Unsupported(construct: "the prefix ***") }
        guard rest.hasPrefix("(?"), let end = rest.firstIndex(of: ")") else { return }
        let letters = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
        guard !letters.isEmpty, letters.allSatisfy({ $0.isLetter }) else { return }
        rest = rest[rest.index(after: end)...]
        for letter in letters {
            switch (letter, direction) {
            case ("i", _): add("i")
            case ("c", .toBigQuery): break
            case ("s", .toBigQuery): break
            case ("s", .toPostgres): dotMatchesAll = true
            case ("m", .toPostgres): add("w")
            case ("w", .toBigQuery): add("m")
            default: throw Unsupported(construct: "the option (?\(letter))")
            }
        }
    }

    private mutating func atom(_ character: Character) throws(Unsupported) {
        switch character {
        case "\\": try escape(inClass: false)
        case "[": try bracket()
        case "(": try group()
        case ".":
            switch direction {
            case .toBigQuery:
                add("s")
                text += "."
            case .toPostgres: text += dotMatchesAll ? "." : "[^\\n]"
            }
        default: text.append(character)
        }
    }

    private mutating func group() throws(Unsupported) {
        let isBigQuery = direction == .toBigQuery
        if take("?:") { return text += "(?:" }
        for (mark, name) in [("?=", "ahead"), ("?!", "ahead"), ("?<=", "behind"), ("?<!", "behind")]
        where take(mark) {
            throw Unsupported(construct: "looking \(name), (\(mark)…)")
        }
        if !isBigQuery, rest.hasPrefix("?P<") || rest.hasPrefix("?<"), let end = rest.firstIndex(of: ">") {
            rest = rest[rest.index(after: end)...]
        } else if rest.hasPrefix("?") {
            throw Unsupported(construct: "(\(rest.prefix(2))…)")
        }
        groupCount += 1
        text += onlyGroup.map { $0 == groupCount } ?? true ? "(" : "(?:"
    }

    // MARK: Escapes

    /// Letters after a backslash, by direction: what they become outside brackets, and within.
    private static let toBigQuery: [Character: (String, String?)] = [
        "d": ("\\d", "\\d"), "D": ("\\D", "\\D"), "s": ("\\s", "\\s"), "S": ("\\S", "\\S"),
        "w": ("[\\p{L}\\p{N}_]", "\\p{L}\\p{N}_"), "W": ("[^\\p{L}\\p{N}_]", nil),
        "y": ("\\b", nil), "Y": ("\\B", nil), "m": ("\\b", nil), "M": ("\\b", nil), "A": ("\\A", nil),
        "Z": ("\\z", nil),
        "n": ("\\n", "\\n"), "r": ("\\r", "\\r"), "t": ("\\t", "\\t"), "f": ("\\f", "\\f"), "v": ("\\v", "\\v"),
        "a": ("\\a", "\\a"), "b": ("\\x08", "\\x08"), "B": ("\\\\", "\\\\"), "e": ("\\x1b", "\\x1b"),
    ]
    private static let toPostgres: [Character: (String, String?)] = [
        "d": ("\\d", "\\d"), "D": ("\\D", nil), "s": ("\\s", "\\s"), "S": ("\\S", nil),
        "w": ("[a-zA-Z0-9_]", "a-zA-Z0-9_"), "W": ("[^a-zA-Z0-9_]", nil),
        "b": ("\\y", nil), "B": ("\\Y", nil), "A": ("\\A", nil), "z": ("\\Z", nil),
        "n": ("\\n", "\\n"), "r": ("\\r", "\\r"), "t": ("\\t", "\\t"), "f": ("\\f", "\\f"), "v": ("\\v", "\\v"),
        "a": ("\\a", "\\a"),
    ]

    private mutating func escape(inClass: Bool) throws(Unsupported) {
        guard let letter = rest.popFirst() else { throw Unsupported(construct: "a backslash at the end") }
        guard letter.isASCII, letter.isLetter || letter.isNumber else {
            text += "\\" + String(letter)
            return
        }
        if (letter == "p" || letter == "P"), direction == .toPostgres { return try unicodeClass(letter, inClass) }
        if letter == "x", direction == .toPostgres { return try codePoint() }
        if letter == "u" || letter == "U", direction == .toBigQuery {
            let count = letter == "u" ? 4 : 8
            text += "\\x{\(rest.prefix(count))}"
            rest.removeFirst(min(count, rest.count))
            return
        }
        let table = direction == .toBigQuery ? Self.toBigQuery : Self.toPostgres
        guard let (outside, inside) = table[letter], let written = inClass ? inside : outside else {
            let isReference = letter.isNumber && letter != "0"
            throw Unsupported(construct: isReference ? "a reference to a group, \\\(letter)" : "\\\(letter)")
        }
        text += written
    }

    /// RE2's `\x41` and `\x{1F600}`.
    private mutating func codePoint() throws(Unsupported) {
        var digits = rest.prefix(2)
        if take("{") {
            digits = rest.prefix { $0 != "}" }
            rest.removeFirst(digits.count)
            rest = rest.dropFirst()
        } else {
            rest.removeFirst(digits.count)
        }
        guard !digits.isEmpty, digits.count <= 8 else { throw Unsupported(construct: "\\x\(digits)") }
        text += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// RE2's `\p{L}`, as PostgreSQL's classes have it.
    private mutating func unicodeClass(_ letter: Character, _ inClass: Bool) throws(Unsupported) {
        let classes = ["L": "alpha", "Lu": "upper", "Ll": "lower", "N": "digit", "Nd": "digit", "P": "punct"]
        var name = String(rest.prefix(1))
        rest = rest.dropFirst()
        if name == "{" {
            name = String(rest.prefix { $0 != "}" })
            rest = rest.dropFirst(name.count + 1)
        }
        guard let found = classes[name], letter == "p" || !inClass else {
            throw Unsupported(construct: "\\\(letter){\(name)}")
        }
        text += inClass ? "[:\(found):]" : letter == "p" ? "[[:\(found):]]" : "[^[:\(found):]]"
    }

    // MARK: Brackets

    private static let classes: [String: String] = [
        "alpha": "\\p{L}", "alnum": "\\p{L}\\p{N}", "upper": "\\p{Lu}", "lower": "\\p{Ll}", "digit": "0-9",
        "space": "\\s", "word": "\\p{L}\\p{N}_",
    ]

    /// `[…]`, from behind the opening bracket on.
    private mutating func bracket() throws(Unsupported) {
        if direction == .toBigQuery, take("[:<:]]") || take("[:>:]]") { return text += "\\b" }
        text += "["
        if take("^") { text += "^" }
        if take("]") { text += "\\]" }
        while let character = rest.popFirst() {
            switch character {
            case "]": return text += "]"
            case "\\": try escape(inClass: true)
            case "[" where rest.hasPrefix(":"):
                guard let end = rest.range(of: ":]") else { throw Unsupported(construct: "[: without :]") }
                let name = String(rest[..<end.lowerBound].dropFirst())
                rest = rest[end.upperBound...]
                switch direction {
                case .toBigQuery: text += Self.classes[name] ?? "[:\(name):]"
                case .toPostgres: text += name == "word" ? "a-zA-Z0-9_" : "[:\(name):]"
                }
            case "[" where rest.hasPrefix(".") || rest.hasPrefix("="):
                throw Unsupported(construct: "[\(rest.prefix(1))…\(rest.prefix(1))]")
            case "[": text += "\\["
            default: text.append(character)
            }
        }
        throw Unsupported(construct: "a bracket that is not closed")
    }
}

extension Substring {
    /// The first place of `text`.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
