/// What one dialect does differently from another, as data.
final class DialectTraits: Sendable {
    let lexical: LexicalTraits
    let words: WordTraits
    let operators: OperatorTraits
    let types: TypeTraits
    let grammar: GrammarTraits
    let functions: FunctionTraits
    let naming: NamingTraits

    init(
        lexical: LexicalTraits, words: WordTraits, operators: OperatorTraits, types: TypeTraits, grammar: GrammarTraits,
        functions: FunctionTraits, naming: NamingTraits
    ) {
        self.lexical = lexical
        self.words = words
        self.operators = operators
        self.types = types
        self.grammar = grammar
        self.functions = functions
        self.naming = naming
    }

    static let postgres = DialectTraits(
        lexical: .postgres, words: .postgres, operators: .postgres, types: .postgres, grammar: .postgres,
        functions: .postgres, naming: .postgres)
    static let bigQuery = DialectTraits(
        lexical: .bigQuery, words: .bigQuery, operators: .bigQuery, types: .bigQuery, grammar: .bigQuery,
        functions: .bigQuery, naming: .bigQuery)
}
