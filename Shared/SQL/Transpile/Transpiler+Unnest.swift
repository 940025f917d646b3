// Arrays, series and functions in FROM. In GoogleSQL the alias of UNNEST is the element itself, and positions count from
// 0; in PostgreSQL it is a table with a column, and positions count from 1.

extension Transpiler {
    // MARK: VALUES

    /// `VALUES (1, 'a'), (2, 'b')` as an array of structs that is unnested.
    func elements(of values: Values, _ alias: TableAlias?) -> Unnest {
        let names = alias.map { $0.columns.map(\.name) } ?? []
        let columns = values.columnNames.enumerated().map { $0 < names.count ? names[$0] : $1 }
        let rows = values.rows.enumerated().map { number, row -> Expression in
            let fields = row.enumerated().map { index, value in
                SelectItem(value: value, alias: number == 0 && index < columns.count ? columns[index] : nil)
            }
            // Only the first needs names; one field alone is no tuple.
            let kind: RowConstructor.Kind = number == 0 || fields.count < 2 ? .structure : .tuple
            return .row(RowConstructor(kind: kind, fields: fields))
        }
        let array = Expression.list(rows)
        return Unnest(arrays: [Argument(array)], alias: alias?.name.map { TableAlias(name: $0) }, info: values.info)
    }

    func rows(_ values: Values, _ columns: [Identifier]) -> Select {
        let alias = TableAlias(name: nil, columns: columns.map { TableAlias.Column(name: $0) })
        return Select(items: [SelectItem(.star)], from: [FromItem(relation: .unnest(elements(of: values, alias)))])
    }

    /// `UNNEST([STRUCT(1 AS a, 'a' AS b), (2, 'b')]) AS v` as VALUES; nil for any other array.
    private mutating func values(of unnest: Unnest) throws(SQLError) -> DerivedTable? {
        guard unnest.arrays.count == 1, unnest.offset == nil, case .array(let array) = unnest.arrays[0].value,
            case .elements(let elements) = array.content, case .row(let first)? = elements.first
        else { return nil }
        var names: [Identifier] = first.fields.compactMap(\.alias)
        if case .structure(let fields)? = first.type?.kind ?? array.elementType?.kind {
            names = fields.compactMap(\.name)
        }
        guard names.count == first.fields.count else { return nil }
        var rows: [[Expression]] = []
        for element in elements {
            guard case .row(let row) = element, row.fields.count == names.count else { return nil }
            rows.append(row.fields.map(\.value))
        }
        madeNames += 1
        let name = unnest.alias?.name ?? Identifier("values_\(madeNames)")
        let alias = TableAlias(name: name, columns: names.map { TableAlias.Column(name: $0) })
        let refersOutward = !fromAliases.isEmpty
        return DerivedTable(
            lateral: refersOutward && rows.joined().contains { !$0.isSimpleConstant },
            query: Query(body: .values(Values(rows: rows))),
            alias: alias, info: unnest.info)
    }

    // MARK: UNNEST

    mutating func rewritten(_ unnest: Unnest) throws(SQLError) -> Relation {
        if direction == .toBigQuery { return try unnestForBigQuery(unnest) }
        if let values = try values(of: unnest) { return try rewritten(values) }
        if unnest.arrays.count == 1, unnest.offset == nil, case .array(let array) = unnest.arrays[0].value,
            case .query(var query) = array.content, case .select(var select) = query.body, select.shape == .structure
        {
            select.shape = nil
            query.body = .select(select)
            return try rewritten(DerivedTable(lateral: true, query: query, alias: unnest.alias, info: unnest.info))
        }
        return try unnestForPostgres(unnest)
    }

    private mutating func unnestForBigQuery(_ unnest: Unnest) throws(SQLError) -> Relation {
        var result = unnest
        for index in result.arrays.indices { try rewrite(&result.arrays[index].value) }
        result.lateral = false
        if unnest.arrays.count > 1 { return .unnest(try zipped(result)) }
        return .unnest(element(result, alias: unnest.alias, column: "unnest", ordinality: unnest.ordinality))
    }

    /// `unnest(a, b) AS v(x, y)`: rows of the elements at the same places; what a shorter array lacks is null.
    private mutating func zipped(_ unnest: Unnest) throws(SQLError) -> Unnest {
        let arrays = unnest.arrays.map(\.value)
        guard let alias = unnest.alias, let table = alias.name, alias.columns.count >= arrays.count else {
            try refuse(
                "unnest() of several arrays without names for their elements", "Write unnest(a, b) AS t(x, y).",
                at: unnest.info.range)
            return unnest
        }
        madeNames += 1
        let place = Expression.column("place_\(madeNames)")
        let items = zip(arrays, alias.columns).map { array, column in
            let element = SubscriptAccess(operand: array, position: .ordinal(place, safe: true))
            return SelectItem(value: .subscripted(element), alias: identifier(column.name))
        }
        let lengths = arrays.map { Expression.call("IFNULL", .call("ARRAY_LENGTH", $0), .integer(0)) }
        let places = Unnest(
            arrays: [Argument(.call("GENERATE_ARRAY", .integer(1), .call("GREATEST", lengths)))],
            alias: TableAlias(name: Identifier("place_\(madeNames)")))
        let select = Select(shape: .structure, items: items, from: [FromItem(relation: .unnest(places))])
        let rows = Expression.array(
            ArrayConstructor(content: .query(Query(body: .select(select), orderBy: [OrderItem(value: place)]))))
        try checkVolatile(rows, of: FunctionCall(name: "unnest").with(arrays))
        var result = Unnest(arrays: [Argument(rows)], alias: TableAlias(name: identifier(table)), info: unnest.info)
        if unnest.ordinality { count(&result, table, alias.columns.dropFirst(arrays.count).first?.name) }
        return result
    }

    /// Gives elements their positions, which counted from 1.
    private mutating func count(_ unnest: inout Unnest, _ table: Identifier, _ name: Identifier?) {
        let position = name ?? Identifier("ordinality")
        unnest.offset = Unnest.Offset(name: position)
        let counted = Expression.column(ColumnReference(qualifier: [], name: position))
        replace(table, position, with: .binary(counted, .add, .integer(1)), alone: true)
    }

    /// Gives an array of GoogleSQL the name that its elements had as the only column of a table.
    private mutating func element(
        _ unnest: Unnest, alias: TableAlias?, column: String, ordinality: Bool,
        value: ((Expression) -> Expression)? = nil,
        kind: DataType.Kind? = nil
    ) -> Unnest {
        var unnest = unnest
        let table = alias?.name ?? Identifier(column)
        let name =
            alias?.columns.first?.name
            ?? (column == "unnest" || column == "generate_series" ? table : Identifier(column))
        let element = Expression.column(ColumnReference(qualifier: [], name: name))
        replace(table, name, with: value?(element) ?? element, alone: value != nil, kind: kind, inner: element)
        unnest.ordinality = false
        unnest.alias = TableAlias(name: name)
        if ordinality { count(&unnest, table, alias?.columns.dropFirst().first?.name) }
        return unnest
    }

    /// Notes that `table.name`, and `name` alone where asked, is to be written as `value`.
    private mutating func replace(
        _ table: Identifier, _ name: Identifier, with value: Expression, alone: Bool, kind: DataType.Kind? = nil,
        inner: Expression? = nil
    ) {
        let key = source.key(name)
        replacements.append(.init(table: source.key(table), name: key, value: value, kind: kind, inner: inner))
        if alone { replacements.append(.init(name: key, value: value, kind: kind, inner: inner)) }
    }

    private mutating func unnestForPostgres(_ unnest: Unnest) throws(SQLError) -> Relation {
        guard unnest.arrays.count == 1 else {
            try refuse("UNNEST of several arrays", "Join the arrays WITH OFFSET.", at: unnest.info.range)
            return .unnest(unnest)
        }
        if case .function(let call) = unnest.arrays[0].value, let series = try series(call, unnest) { return series }
        if case .array(let element)? = type(of: unnest.arrays[0].value), case .structure = element.kind {
            try refuse("an array of STRUCT", "Make it a table of its own.", at: unnest.info.range)
        }
        var result = unnest
        try rewrite(&result.arrays[0].value)
        result.alias = aliased(unnest.alias)
        guard let offset = unnest.offset else { return .unnest(result) }
        result.offset = nil
        result.ordinality = true
        result.alias = counted(unnest.alias, offset)
        return .unnest(result)
    }

    /// The alias of elements with their positions, which count from 1 now.
    private mutating func counted(_ alias: TableAlias?, _ offset: Unnest.Offset) -> TableAlias {
        madeNames += 1
        let table = identifier(alias?.name ?? Identifier("unnest_\(madeNames)"))
        let position = identifier(offset.name ?? Identifier("offset"))
        let column = Expression.column(ColumnReference(qualifier: [], name: position))
        replacements.append(.init(name: source.key(position), value: .binary(column, .subtract, .integer(1))))
        return TableAlias(name: table, columns: [.init(name: table), .init(name: position)])
    }

    /// `FROM t, t.items`: the array in a column.
    func arrayOfTable(_ table: TableReference) -> Unnest? {
        guard table.name.mayBeArray, table.name.parts.count > 1, table.systemTime == nil,
            fromAliases.contains(source.key(table.name.parts[0]))
        else { return nil }
        let column = ColumnReference(
            qualifier: Array(table.name.qualifier), name: table.name.last, info: NodeInfo(range: table.name.range))
        return Unnest(
            arrays: [Argument(.column(column))], alias: table.alias ?? TableAlias(name: table.name.last),
            info: table.info)
    }

    // MARK: Series and other functions

    mutating func rewritten(_ function: TableFunction) throws(SQLError) -> Relation {
        var function = function
        isInFrom = true
        defer { isInFrom = false }
        if direction == .toBigQuery, function.calls.count == 1, case .function(let call) = function.calls[0].call {
            if let unnest = try array(call, function) { return .unnest(unnest) }
        }
        for index in function.calls.indices {
            guard case .function(var call) = function.calls[index].call else { continue }
            isInFrom = false
            for argument in call.arguments.indices { try rewrite(&call.arguments[argument].value) }
            isInFrom = true
            function.calls[index].call = try self.call(call)
            let name = call.name.name
            guard direction == .toBigQuery || functions.rule(for: call) == nil else { continue }
            try refuse("the table function \(name)()", "Write a subquery.", at: function.info.range)
        }
        function.alias = aliased(function.alias)
        return .function(function)
    }

    /// The array of GoogleSQL whose elements are the rows of a function of PostgreSQL's; nil for other functions.
    private mutating func array(_ call: FunctionCall, _ function: TableFunction) throws(SQLError) -> Unnest? {
        let functions = [
            "string_to_table": "SPLIT", "jsonb_array_elements": "JSON_QUERY_ARRAY",
            "json_array_elements": "JSON_QUERY_ARRAY",
            "jsonb_array_elements_text": "JSON_VALUE_ARRAY", "json_array_elements_text": "JSON_VALUE_ARRAY",
        ]
        let key = call.name.name.lowercased()
        var call = call
        let isSeries = key == "generate_series"
        guard call.qualifier.isEmpty, isSeries || functions[key] != nil else { return nil }
        isInFrom = false
        for index in call.arguments.indices { try rewrite(&call.arguments[index].value) }
        isInFrom = true
        var made = Made(array: .call(functions[key] ?? "", call.values))
        if isSeries { made = try madeArray(call) }
        let unnest = Unnest(arrays: [Argument(made.array)], info: function.info)
        let column = isSeries ? "generate_series" : key.hasPrefix("json") ? "value" : "unnest"
        return element(
            unnest, alias: function.alias, column: column, ordinality: function.ordinality, value: made.value,
            kind: made.kind)
    }

    /// An array in the place of a series, and what its elements need to be to be of the series' type.
    private struct Made {
        var array: Expression
        var value: ((Expression) -> Expression)?
        var kind: DataType.Kind?
    }

    private mutating func madeArray(_ call: FunctionCall) throws(SQLError) -> Made {
        let values = call.values
        let kind = values.first.flatMap { type(of: $0) } ?? values.dropFirst().first.flatMap { type(of: $0) }
        let hasInterval = values.count == 3 && (type(of: values[2]) == .interval || values[2].isInterval)
        if values.count == 2 || (kind?.isNumber ?? false) { return Made(array: .call("GENERATE_ARRAY", values)) }
        guard values.count == 3, hasInterval, case .interval(let step) = values[2], let unit = step.from, step.to == nil
        else {
            if kind == nil {
                try needType(of: values[0], for: "generate_series()")
            } else {
                try refuse(
                    "generate_series() with this step", "Write a constant interval of one unit.", at: call.info.range)
            }
            return Made(array: .function(call))
        }
        let isWhole = ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"].contains(unit)
        switch kind {
        case .date where isWhole:
            return Made(
                array: .call("GENERATE_DATE_ARRAY", values), value: { .cast($0, to: .timestampTZ) }, kind: .date)
        case .timestamp:
            // Days from midnight to midnight are those of an array of dates.
            if isWhole, let first = values[0].castDate, let last = values[1].castDate {
                return Made(
                    array: .call("GENERATE_DATE_ARRAY", first, last, values[2]), value: { .cast($0, to: .timestamp) },
                    kind: .date)
            }
            if unit == "DAY" || !isWhole {
                let bounds = values.prefix(2).map { Expression.cast($0, to: .timestampTZ) }
                return Made(
                    array: .call("GENERATE_TIMESTAMP_ARRAY", bounds + [values[2]]),
                    value: { .cast($0, to: .timestamp) },
                    kind: .timestampTZ)
            }
        case .timestampTZ, .date:
            if unit == "DAY" || !isWhole {
                let bounds = values.prefix(2).map { kind == .date ? Expression.cast($0, to: .timestampTZ) : $0 }
                return Made(array: .call("GENERATE_TIMESTAMP_ARRAY", bounds + [values[2]]))
            }
        case nil:
            try needType(of: values[0], for: "generate_series()")
            return Made(array: .function(call))
        default: break
        }
        try refuse("generate_series() of \(unit) between moments", "Make a series of dates.", at: call.info.range)
        return Made(array: .function(call))
    }

    /// GENERATE_ARRAY and its like within UNNEST; nil for other functions.
    private mutating func series(_ call: FunctionCall, _ unnest: Unnest) throws(SQLError) -> Relation? {
        let key = call.name.name.lowercased()
        guard call.qualifier.isEmpty,
            ["generate_array", "generate_date_array", "generate_timestamp_array"].contains(key)
        else {
            return nil
        }
        var call = call
        for index in call.arguments.indices { try rewrite(&call.arguments[index].value) }
        madeNames += 1
        var function = TableFunction(
            calls: [], alias: aliased(unnest.alias) ?? TableAlias(name: Identifier("series_\(madeNames)")))
        var values = call.values
        if key == "generate_date_array" {
            values = values.prefix(2).map { $0.castDate == nil ? .cast($0, to: .timestamp) : $0 } + values.dropFirst(2)
            if values.count == 2 { values.append(.interval(IntervalLiteral(value: .string("1 day")))) }
            if let name = function.alias?.name {
                let column = Expression.column(ColumnReference(qualifier: [], name: name))
                replacements.append(
                    .init(name: source.key(name), value: .cast(column, to: .date), kind: .timestamp, inner: column))
            }
        }
        if let offset = unnest.offset {
            function.ordinality = true
            function.alias = counted(unnest.alias, offset)
        }
        function.calls = [.init(call: .call("generate_series", values))]
        function.info = unnest.info
        return .function(function)
    }
}

extension Expression {
    /// The date in a cast of a date, or of a text that is nothing but one, to a timestamp.
    fileprivate var castDate: Expression? {
        guard case .cast(let cast) = self, cast.type.kind == .timestamp else { return nil }
        let isDate = cast.operand.isDate || cast.operand.stringLiteral?.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil
        return isDate ? cast.operand : nil
    }

    fileprivate var isInterval: Bool { if case .interval = self { true } else { false } }

    /// A literal, with a sign or a cast.
    fileprivate var isSimpleConstant: Bool {
        switch self {
        case .literal, .typedLiteral, .interval, .parameter: true
        case .unary(let node): node.operand.isSimpleConstant
        case .cast(let node): node.operand.isSimpleConstant
        default: false
        }
    }
}
