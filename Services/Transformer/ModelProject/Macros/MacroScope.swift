/// What names mean at one place of the SQL: those of `@DEF`, and those of the functions around it.
struct MacroScope {
    /// A function that SQL defines: `@DEF(name, x -> …)`.
    struct Function {
        let parameters: [String]
        let text: MacroText
        let body: Range<Int>
    }

    /// By `@DEF`, lower case.
    var values: [String: MacroValue] = [:]
    /// By `@DEF`, lower case.
    var functions: [String: Function] = [:]
    /// Of the function around; they stand in its body with and without `@`. Lower case.
    var parameters: [String: MacroValue] = [:]
}
