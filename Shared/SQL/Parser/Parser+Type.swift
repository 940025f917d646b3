extension Parser {
    /// A type, with its parameters and array brackets.
    mutating func dataType() throws(SQLError) -> DataType {
        try nested { parser throws(SQLError) in try parser.unnestedType() }
    }

    private mutating func unnestedType() throws(SQLError) -> DataType {
        let start = token.range.start
        var type: DataType
        switch token.keyword {
        case .array where grammar.typesHaveAngles && peek(1).kind == .less:
            advance()
            type = DataType(kind: .array(try angleBracketed { parser throws(SQLError) in try parser.dataType() }))
        case .range where grammar.typesHaveAngles && peek(1).kind == .less:
            advance()
            type = DataType(kind: .range(try angleBracketed { parser throws(SQLError) in try parser.dataType() }))
        case .struct where grammar.typesHaveAngles && peek(1).kind == .less:
            advance()
            type = DataType(kind: .structure(try structFields()))
        case .struct where grammar.typesHaveAngles:
            advance()
            type = DataType(kind: .structure([]))
        default: type = try namedType()
        }
        type.info = info(from: start)
        while dialect.traits.types.arraysAreSuffixed {
            if take(.array) {
                if take(.leftBracket) {
                    _ = try smallNumber()
                    try expect(.rightBracket, "]")
                }
            } else if at(.leftBracket), peek(1).kind == .rightBracket || peek(2).kind == .rightBracket {
                advance()
                if at(.integerLiteral) { advance() }
                try expect(.rightBracket, "]")
            } else {
                break
            }
            try grow()
            type = DataType(kind: .array(type), info: info(from: start))
        }
        return type
    }

    private mutating func namedType() throws(SQLError) -> DataType {
        guard atName() || at(.interval) else { throw unexpected("a type") }
        let start = token.range.start
        let first = try takeName()
        if at(.dot) {
            var parts = [first]
            while take(.dot) { parts.append(try label("a type")) }
            return DataType(kind: .named(QualifiedName(parts)), parameters: try typeParameters())
        }
        guard !first.quoted else {
            return DataType(kind: .named(QualifiedName([first])), parameters: try typeParameters())
        }
        var words = first.name.lowercased()
        switch words {
        case "double" where at(.precision), "bit" where at(.varying), "char" where at(.varying),
            "character" where at(.varying), "nchar" where at(.varying):
            words += " " + token.keyword.text
            advance()
        case "national" where at(.char) || at(.character):
            words = token.keyword.text
            advance()
            if at(.varying) {
                words += " varying"
                advance()
            }
        default: break
        }
        let name = SourceRange(start: start, end: lastEnd)
        var type = DataType(kind: .text)
        if words == "interval", dialect.traits.types.hasZoneWords { return try intervalType() }
        type.parameters = try typeParameters()
        if dialect.traits.types.hasZoneWords, words == "time" || words == "timestamp", at(.with) || at(.without),
            peek(1).keyword == .time, peek(2).keyword == .zone
        {
            words += at(.with) ? " with time zone" : " without time zone"
            advance()
            advance()
            advance()
        }
        type.written = Spelling(words)
        if let forgiven = forgivenType(words, at: name, parameters: type.parameters) { return forgiven }
        type.kind = dialect.traits.types.kinds[words] ?? .named(QualifiedName([first]))
        return type
    }

    private mutating func intervalType() throws(SQLError) -> DataType {
        var type = DataType(kind: .interval, written: Spelling("interval"))
        if let unit = intervalUnit() {
            var fields = unit
            if take(.to) {
                guard let last = intervalUnit() else { throw unexpected("a part of a date") }
                fields += " TO " + last
            }
            type.intervalFields = fields
        }
        type.parameters = try typeParameters()
        return type
    }

    private mutating func typeParameters() throws(SQLError) -> [Int] {
        guard at(.leftParenthesis), peek(1).kind == .integerLiteral || peek(1).kind == .minus || isMax(peek(1)) else {
            return []
        }
        return try parenthesized { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                if parser.isMax(parser.token) {
                    parser.advance()
                    return Int.max
                }
                return try parser.smallNumber()
            }
        }
    }

    private func isMax(_ token: Token) -> Bool {
        grammar.typesHaveAngles && token.kind == .word && upper(token) == "MAX"
    }

    private mutating func structFields() throws(SQLError) -> [DataType.Field] {
        guard !(peek(1).kind == .greater) else {
            advance()
            advance()
            return []
        }
        return try angleBracketed { parser throws(SQLError) in
            try parser.list { parser throws(SQLError) in
                // `name type` or a type alone: a name is followed by the word that begins a type.
                let next = parser.peek(1).kind
                let isNamed = (next == .word || next == .quotedName) && parser.peek(1).keyword != .not
                let name = isNamed && parser.atName() ? try parser.takeName() : nil
                var field = DataType.Field(name: name, type: try parser.dataType())
                while parser.atConstraint() { field.constraints.append(try parser.columnConstraint()) }
                return field
            }
        }
    }

    /// Between `<` and `>`; two `>` side by side are one token, which closes two.
    mutating func angleBracketed<Result>(
        _ body: (inout Parser) throws(SQLError) -> Result
    ) throws(SQLError) -> Result {
        try expect(.less, "<")
        let result = try body(&self)
        if take(.greater) { return result }
        guard at(.shiftRight) else { throw unexpected(">") }
        if holdsHalfShift { advance() } else { lastEnd = token.range.start + 1 }
        holdsHalfShift.toggle()
        return result
    }
}
