import Pipeline

/// `@SAFE_ADD`, `@SAFE_SUB`, `@SAFE_DIV`, `@HAVERSINE_DISTANCE`.
enum ArithmeticMacros {
    /// NULL only where all are NULL; otherwise NULL counts as 0.
    static func joined(_ arguments: MacroArguments, by sign: String) throws(PipelineError) -> MacroValue {
        let fields = arguments.positional.compactMap(\.text)
        guard !fields.isEmpty, arguments.named.isEmpty else {
            throw arguments.call.error("@\(arguments.call.name) takes expressions, none with a name.")
        }
        let areNull = fields.map { "\(Operand($0).inOperation) IS NULL" }.joined(separator: " AND ")
        let sum = fields.map { "COALESCE(\($0), 0)" }.joined(separator: " \(sign) ")
        return .sql("CASE WHEN \(areNull) THEN NULL ELSE \(sum) END")
    }

    /// NULL where the divisor is 0. The quotient has decimals, in PostgreSQL too.
    static func divided(_ arguments: MacroArguments, dialect: String) throws(PipelineError) -> MacroValue {
        let bound = try arguments.bound(to: ["numerator", "denominator"], required: 2)
        let numerator = bound["numerator"]?.text ?? "NULL"
        let denominator = bound["denominator"]?.text ?? "NULL"
        return .sql("\(fraction(numerator, dialect)) / NULLIF(\(denominator), 0)")
    }

    /// The distance of two points on the earth, given as latitude and longitude in degrees.
    static func haversine(_ arguments: MacroArguments, dialect: String) throws(PipelineError) -> MacroValue {
        let bound = try arguments.bound(to: ["lat1", "lon1", "lat2", "lon2", "unit"], required: 4)
        let rate: String
        switch bound["unit"]?.embedded ?? "mi" {
        case "mi": rate = "1.0"
        case "km": rate = "1.60934"
        case let unit:
            throw arguments.call.error("`\(unit)` is not a unit of @HAVERSINE_DISTANCE. Known: 'mi', 'km'.")
        }
        func text(_ name: String) -> String { bound[name]?.text ?? "NULL" }
        func halfSine(_ from: String, _ to: String) -> String {
            let difference = "\(Operand(text(to)).inOperation) - \(Operand(text(from)).inOperation)"
            return "POWER(SIN(RADIANS(\(fraction(difference, dialect)) / 2)), 2)"
        }
        let cosines = "COS(RADIANS(\(text("lat1")))) * COS(RADIANS(\(text("lat2"))))"
        return .sql(
            "7922 * ASIN(SQRT((\(halfSine("lat1", "lat2"))) + (\(cosines) * \(halfSine("lon1", "lon2"))))) * \(rate)")
    }

    private static func fraction(_ text: String, _ dialect: String) -> String {
        let operand = Operand(text).inOperation
        return dialect == "bigquery" ? operand : "CAST(\(operand) AS DOUBLE PRECISION)"
    }
}
