/// Rewrites one statement from the leaves up, so that it means in one dialect what it meant in the other.
///
/// When a node is rewritten, what is below it is of the target dialect already; types are always those that the source
/// dialect gave. What cannot be put into the target dialect goes through `refuse`.
struct Transpiler: TreeRewriter {
    /// Which way a tree goes.
    enum Direction { case toBigQuery, toPostgres }

    let source: SQLDialect
    let target: SQLDialect
    let direction: Direction
    let catalog: SchemaCatalog?
    let options: TranspileOptions
    let functions: FunctionTable
    /// A function has been met that gives something else at each call.
    var hasVolatileFunctions = false
    let types = NodeTypes()
    /// How many `?` there were.
    var anonymousParameters = 0
    /// The call at hand is a relation of FROM.
    var isInFrom = false
    /// The tables of WITH in sight by their keys, and their columns as far as they are known.
    var commonTables: [(key: String, columns: [Identifier])] = []
    /// The keys of what FROM has named so far, in the select at hand.
    var fromAliases: [String] = []
    /// Columns of the FROM at hand that are written otherwise.
    var replacements: [ColumnReplacement.Column] = []
    /// Those of the select that was rewritten last, for the ORDER BY behind it.
    var orderReplacements: [ColumnReplacement.Column] = []
    /// VALUES stays what it is: in INSERT.
    var keepsValues = false
    /// The body at hand has been brought into shape with its query.
    var isPrepared = false
    /// How many names were made up.
    var madeNames = 0
    private(set) var warnings: [SQLError] = []

    init(from source: SQLDialect, to target: SQLDialect, catalog: SchemaCatalog?, options: TranspileOptions) {
        self.source = source
        self.target = target
        self.catalog = catalog
        self.options = options
        direction = target == .postgres ? .toPostgres : .toBigQuery
        functions = direction == .toPostgres ? .toPostgres : .toBigQuery
    }

    mutating func transpile(_ statement: Statement) throws(SQLError) -> Statement {
        var tree = statement
        if direction == .toPostgres {
            var pipes = PipeRewriter()
            do throws(SQLError) { try pipes.rewrite(&tree) } catch { try report(error, options.unsupported) }
        }
        var numbering = NodeNumbering(types: types)
        try numbering.rewrite(&tree)
        try inferTypes(of: tree, strictly: catalog != nil)
        do throws(SQLError) { try rewrite(&tree) } catch { throw placed(error) }
        warnings = warnings.map { placed($0) }
        var ranges = NodeRanges(types: types)
        try ranges.rewrite(&tree)
        return tree
    }

    // MARK: Types

    /// Notes the types of a statement's expressions, which have numbers.
    func inferTypes(of statement: Statement, strictly: Bool) throws(SQLError) {
        var resolver = Resolver(catalog: catalog ?? SchemaCatalog(dialect: source), options: ResolveOptions())
        resolver.recorded = types
        var copy = statement
        do throws(SQLError) {
            _ = try resolver.resolve(&copy)
        } catch {
            // Without a catalogue nobody asked whether names exist; what is not resolved is of no known type.
            if strictly, error.code != .unresolved { throw placed(error) }
        }
    }

    /// The type that `expression`, or what it took the place of, has in the source; nil when it is not known.
    func type(of expression: Expression) -> DataType.Kind? { types.type(expression.info.range) }

    /// Notes the type of an expression that was made here, so that those above it can ask.
    mutating func typed(_ expression: Expression, _ type: DataType.Kind?) -> Expression {
        var expression = expression
        expression.info.range = types.number(.none, type: type)
        return expression
    }

    // MARK: What cannot be said

    /// Throws that `construct` has no equivalent, or notes it as a warning where the options ask for that.
    /// - Parameter advice: What to write instead, as a sentence; empty when there is nothing.
    mutating func refuse(_ construct: String, _ advice: String = "", at range: SourceRange) throws(SQLError) {
        let name = target == .postgres ? "PostgreSQL" : "GoogleSQL"
        let message = "\(name) has no equivalent of \(construct)." + (advice.isEmpty ? "" : " \(advice)")
        try report(SQLError(.noEquivalent, message, at: range), options.unsupported)
    }

    /// Throws, or notes as a warning, that what is meant depends on the type of `operand`, which is not known.
    mutating func needType(of operand: Expression, for construct: String) throws(SQLError) {
        let text = operand.sql(target)
        let message =
            "What \(construct) means depends on the type of \(text), which is not known. "
            + "Give a catalogue that has it, or cast it."
        try report(SQLError(.typeNeeded, message, at: operand.info.range), options.unsupported)
    }

    /// Notes that `node` means something else when both operands are dates: as numbers and moments they are what nearly
    /// all are, so that it is no error.
    mutating func doubtDates(_ node: BinaryOperation) {
        let text = Expression.binary(node).sql(target)
        let message =
            "\(text) is taken for a difference of numbers or moments. For dates, which PostgreSQL subtracts to days and "
            + "GoogleSQL to an interval, give a catalogue."
        warnings.append(SQLError(.typeNeeded, message, at: node.info.range))
    }

    mutating func unknownFunction(_ call: FunctionCall) throws(SQLError) {
        let message = "\(call.name.name) is no function that is known here; it is called as it is."
        try report(SQLError(.unknownFunction, message, at: call.info.range), options.unknownFunctions)
    }

    private mutating func report(_ error: SQLError, _ handling: TranspileOptions.Handling) throws(SQLError) {
        guard handling == .warn else { throw placed(error) }
        warnings.append(error)
    }

    private func placed(_ error: SQLError) -> SQLError {
        SQLError(error.code, error.message, expected: error.expected, at: types.range(error.range))
    }
}

extension Resolver {
    /// Notes the type of an expression, when somebody wants to know.
    mutating func record(_ type: DataType.Kind?, of expression: Expression) {
        recorded?.record(type, of: expression.info.range)
        if case .column(let column) = expression, let table = column.qualifier.first {
            recorded?.record(table: table, of: column.info.range)
        }
    }
}
