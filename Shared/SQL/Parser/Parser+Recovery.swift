// Going on behind a mistake, so that a reader is shown the others too.
//
// Always: a mistake is reported once. What is skipped is not looked at; a statement with a mistake in it gives no tree.

extension Parser {
    /// Where a mistake may end.
    enum RecoveryPlace {
        /// At the comma before the next element, or where the list ends.
        case list
        /// At the word that begins the next clause of a SELECT.
        case clause
    }

    /// All statements up to the end of the text.
    mutating func script() throws(SQLError) -> [Statement] {
        var statements: [Statement] = []
        while true {
            while take(.semicolon) {}
            if at(.endOfText) { break }
            if let statement = try recoverableStatement(before: nil) { statements.append(statement) }
        }
        try attachComments(to: &statements)
        return statements
    }

    /// A statement and its semicolon; nil where it is wrong, and the errors are with the others of the script.
    mutating func recoverableStatement(before end: Keyword?) throws(SQLError) -> Statement? {
        guard isRecovering else { return try delimitedStatement(before: end) }
        let known = errors.count
        do throws(SQLError) {
            let statement = try delimitedStatement(before: end)
            return errors.count == known ? statement : nil
        } catch {
            note(error)
            depth = 0
            height = 0
            holdsHalfShift = false
            while !at(.semicolon), !at(.endOfText) { advance() }
            if errors.count >= ParsedScript.errorsMax { move(to: tokens.count - 1) }
            return nil
        }
    }

    private mutating func delimitedStatement(before end: Keyword?) throws(SQLError) -> Statement {
        let statement = try statement()
        if end != nil {
            guard at(.semicolon) else { throw unexpected(";") }
        } else {
            guard at(.semicolon) || at(.endOfText) else { throw unexpected(";") }
        }
        return statement
    }

    /// Carries out `body`. When it fails and errors are collected, goes on where `place` says that the mistake ends.
    @inline(__always)
    mutating func recovering(
        in place: RecoveryPlace, _ body: (inout Parser) throws(SQLError) -> Void
    ) throws(SQLError) {
        guard isRecovering else { return try body(&self) }
        let start = index
        let (outerDepth, outerHeight) = (depth, height)
        do throws(SQLError) {
            try body(&self)
        } catch {
            guard error.code == .syntax, let end = end(of: place, from: start) else { throw error }
            note(error)
            depth = outerDepth
            height = outerHeight
            holdsHalfShift = false
            move(to: end)
        }
    }

    /// The token at which parsing may go on; nil where nothing in the statement is safe. `start` is where what failed
    /// began: parentheses that opened since then must be closed again.
    private func end(of place: RecoveryPlace, from start: Int) -> Int? {
        var open = 0
        var position = start
        while position < tokens.count {
            let token = tokens[position]
            switch token.kind {
            case .leftParenthesis, .leftBracket: open += 1
            case .rightParenthesis, .rightBracket:
                if open == 0 { return position >= index ? position : nil }
                open -= 1
            case .comma where open == 0 && position >= index && place == .list: return position
            case .semicolon: return nil
            case .endOfText: return nil
            case .word where open == 0 && position >= index && position > start:
                // The FROM of `IS DISTINCT FROM` and the GROUP of `WITHIN GROUP` begin no clause.
                let before = tokens[position - 1].keyword
                guard before != .distinct, before != .within else { break }
                if Self.clauseWords.contains(token.keyword) { return position }
            default: break
            }
            position += 1
        }
        return nil
    }

    private static let clauseWords: KeywordSet = [.from, .where, .group, .having, .qualify, .order, .union]

    private mutating func move(to position: Int) {
        index = position
        token = tokens[position]
        if position > 0 { lastEnd = tokens[position - 1].range.end }
    }

    /// Keeps an error. What the tokenizer has said of the place already is not said again.
    mutating func note(_ error: SQLError) {
        if token.kind == .unreadable { return }
        if let last = errors.last, last.range == error.range { return }
        errors.append(error)
    }
}
