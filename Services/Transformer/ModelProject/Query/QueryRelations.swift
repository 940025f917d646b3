extension QueryOutline {
    /// The text with the relations that `replacement` knows put in, each under the name it had.
    /// - Parameter replacement: SQL for the FROM clause, by the relation's name (`schema.name` or `name`); nil: stays.
    public func replacingTables(_ replacement: (String) -> String?) -> String {
        let bytes = Array(sql.utf8)
        var output: [UInt8] = []
        var position = 0
        for table in tables {
            guard let text = replacement(table.name) else { continue }
            output += bytes[position..<table.range.lowerBound]
            output += Array(text.utf8)
            if !table.hasAlias, let own = table.parts.last { output += Array(" AS \(SQLText.identifier(own))".utf8) }
            position = table.range.upperBound
        }
        output += bytes[position...]
        return String(decoding: output, as: UTF8.self)
    }
}

extension QueryOutline {
    /// `SET x = 1` as `SET LOCAL x = 1`: what a model sets holds for its own statements and not for the next model that
    /// uses the connection. Any other text stays.
    public static func settingLocally(_ sql: String) -> String {
        let tokens = QueryToken.tokens(of: sql)
        guard tokens.count > 1, tokens[0].text == "set", tokens[0].kind == .word,
            !["local", "transaction", "constraints"].contains(tokens[1].text)
        else { return sql }
        let bytes = Array(sql.utf8)
        let start = (tokens[1].text == "session" ? tokens[1] : tokens[0]).range.upperBound
        return "SET LOCAL" + String(decoding: bytes[start...], as: UTF8.self)
    }
}

extension QueryOutline {
    /// The query that gives the rows of one of this query's CTEs; nil when there is no such CTE.
    public func query(ofCommonTable name: String) -> String? {
        let tokens = QueryToken.tokens(of: sql)
        guard tokens.first?.text == "with", let list = SelectListFinder(tokens).range, list.lowerBound > 1 else {
            return nil
        }
        let select = tokens[list.lowerBound - 1].text == "select" ? list.lowerBound - 1 : list.lowerBound - 2
        let found = tokens.indices.first { index in
            index + 1 < select && tokens[index].isName && tokens[index].text.lowercased() == name.lowercased()
                && ["as", "("].contains(tokens[index + 1].text)
        }
        guard let found else { return nil }
        let bytes = Array(sql.utf8)[..<tokens[select].range.lowerBound]
        return String(decoding: bytes, as: UTF8.self) + " SELECT * FROM \(SQLText.identifier(tokens[found].text))"
    }
}
