extension String {
    /// The name that an SQL identifier means: in double quotes as written, otherwise lower case.
    public var identifierName: String { first == "\"" ? trimmingQuotes() : trimmingQuotes().lowercased() }

    /// The identifier that the text begins with, quotes included.
    var prefixOfIdentifier: Substring {
        guard let quote = first, quote == "\"" || quote == "'" || quote == "`" else {
            return prefix { !$0.isWhitespace }
        }
        guard let close = dropFirst().firstIndex(of: quote) else { return prefix { !$0.isWhitespace } }
        return self[...close]
    }

    /// Without the quotes around it, if it has any.
    func trimmingQuotes() -> String {
        guard count >= 2, let first, first == last, first == "'" || first == "\"" else { return self }
        return String(dropFirst().dropLast()).replacing("\(first)\(first)", with: "\(first)")
    }
}
