// TimeFormat: the pattern of a date or time in the other dialect's codes: PostgreSQL's `YYYY-MM-DD`, GoogleSQL's
// `%Y-%m-%d`.

/// A pattern that has been put into the other dialect.
struct TimeFormat {
    /// A code that the other dialect has no equivalent of.
    struct Unsupported: Error {
        var code: String
        var advice = ""
    }

    let text: String

    /// Codes of the same meaning. Of several for one code, the first is written.
    private static let codes: [(postgres: String, bigQuery: String)] = [
        ("YYYY-MM-DD", "%F"), ("HH24:MI:SS", "%T"), ("HH24:MI", "%R"), ("MM/DD/YY", "%D"),
        ("YYYY", "%Y"), ("YY", "%y"), ("IYYY", "%G"), ("IY", "%g"), ("MM", "%m"), ("DD", "%d"), ("DDD", "%j"),
        ("HH24", "%H"), ("HH12", "%I"), ("HH", "%I"), ("MI", "%M"), ("SS", "%S"), ("SS.MS", "%E3S"), ("SS.US", "%E6S"),
        ("IW", "%V"), ("Q", "%Q"), ("ID", "%u"), ("FMMonth", "%B"), ("Mon", "%b"), ("FMDay", "%A"), ("Dy", "%a"),
        ("AM", "%p"), ("PM", "%p"), ("am", "%P"), ("pm", "%P"), ("TZH:TZM", "%Ez"), ("TZHTZM", "%z"),
    ]

    /// Codes of GoogleSQL only that are the same as others.
    private static let synonyms: [String: String] = ["%h": "%b", "%X": "%T", "%x": "%D", "%E4Y": "%Y"]

    /// PostgreSQL's codes without an equivalent, which must be known to be told from text.
    private static let postgresOnly: [(code: String, advice: String)] = [
        ("FMMM", ""), ("FMDD", ""), ("FMHH24", ""), ("FMHH12", ""), ("FMMI", ""), ("FMSS", ""), ("FM", ""),
        ("MONTH", "Write UPPER(to_char(…, 'FMMonth'))."), ("Month", "Write FMMonth, which has no blanks behind it."),
        ("month", "Write LOWER(to_char(…, 'FMMonth'))."), ("MON", "Write UPPER(to_char(…, 'Mon'))."),
        ("mon", "Write LOWER(to_char(…, 'Mon'))."), ("DAY", "Write UPPER(to_char(…, 'FMDay'))."),
        ("Day", "Write FMDay, which has no blanks behind it."), ("day", "Write LOWER(to_char(…, 'FMDay'))."),
        ("DY", "Write UPPER(to_char(…, 'Dy'))."), ("dy", "Write LOWER(to_char(…, 'Dy'))."),
        ("WW", "Write IW."), ("W", ""), ("D", "Write ID."), ("J", ""), ("CC", ""), ("Y,YYY", ""), ("YYY", ""),
        ("Y", ""),
        ("IYY", ""), ("I", ""), ("IDDD", ""), ("SSSSS", ""), ("SSSS", ""), ("MS", "Write SS.MS."),
        ("US", "Write SS.US."),
        ("FF1", ""), ("FF2", ""), ("FF3", "Write SS.MS."), ("FF4", ""), ("FF5", ""), ("FF6", "Write SS.US."),
        ("TZH", ""), ("TZM", ""), ("TZ", ""), ("tz", ""), ("OF", ""), ("BC", ""), ("AD", ""), ("A.D.", ""),
        ("B.C.", ""),
        ("A.M.", ""), ("P.M.", ""), ("a.m.", ""), ("p.m.", ""), ("RM", ""), ("rm", ""), ("TH", ""), ("th", ""),
    ]

    /// Longest first, so that `YYYY` is not read as `YY` twice.
    private static let postgresCodes: [(code: String, written: String?, advice: String)] = {
        // `SS.MS` and its like are one; `%F` is no more than what it is made of.
        let shared = codes.filter { !["%F", "%T", "%R", "%D"].contains($0.bigQuery) }
        let all: [(code: String, written: String?, advice: String)] =
            shared.map { ($0.postgres, $0.bigQuery, "") } + postgresOnly.map { ($0.code, nil, $0.advice) }
        return all.sorted { $0.code.utf8.count > $1.code.utf8.count }
    }()

    private static let bigQueryCodes = Dictionary(
        codes.map { ($0.bigQuery, $0.postgres) }, uniquingKeysWith: { first, _ in first })

    init(_ pattern: String, _ direction: Transpiler.Direction) throws(Unsupported) {
        text = direction == .toBigQuery ? try Self.toBigQuery(pattern) : try Self.toPostgres(pattern)
    }

    // MARK: To GoogleSQL

    private static func toBigQuery(_ pattern: String) throws(Unsupported) -> String {
        var result = ""
        var rest = Substring(pattern)
        while let first = rest.first {
            if first == "\"" {
                rest.removeFirst()
                while let character = rest.popFirst(), character != "\"" {
                    let plain = character == "\\" ? rest.popFirst() ?? character : character
                    result += plain == "%" ? "%%" : String(plain)
                }
                continue
            }
            guard let found = postgresCodes.first(where: { matches(rest, $0.code) }) else {
                rest.removeFirst()
                result += first == "%" ? "%%" : String(first)
                continue
            }
            guard let written = found.written else { throw Unsupported(code: found.code, advice: found.advice) }
            result += written
            rest.removeFirst(found.code.count)
        }
        return result
    }

    /// Codes of digits may be in any case, those of words say with theirs how the word is written.
    private static func matches(_ text: Substring, _ code: String) -> Bool {
        if text.hasPrefix(code) { return true }
        let isOfDigits =
            code == code.uppercased() && !["AM", "PM", "DAY", "DY", "MON", "MONTH", "TZ", "TH", "RM"].contains(code)
        let start = text.prefix(code.count)
        // The upper case of one letter may be two.
        return isOfDigits && start.utf8.count == code.utf8.count && start.uppercased() == code
    }

    // MARK: To PostgreSQL

    private static func toPostgres(_ pattern: String) throws(Unsupported) -> String {
        var result = ""
        var plain = ""
        var rest = Substring(pattern)
        func flush() {
            result += quoted(plain)
            plain = ""
        }
        while let first = rest.popFirst() {
            guard first == "%" else {
                plain.append(first)
                continue
            }
            var code = "%"
            if rest.first == "E" { code.append(rest.removeFirst()) }
            if code == "%E", let digit = rest.first, digit.isNumber || digit == "*" { code.append(rest.removeFirst()) }
            if let letter = rest.popFirst() { code.append(letter) }
            switch code {
            case "%%": plain.append("%")
            case "%n": plain.append("\n")
            case "%t": plain.append("\t")
            default:
                guard let written = bigQueryCodes[synonyms[code] ?? code] else { throw Unsupported(code: code) }
                flush()
                result += written
            }
        }
        flush()
        return result
    }

    /// Text with letters would be read as codes.
    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0.isLetter || $0 == "\"" || $0 == "\\" }) else { return text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
