import Pipeline

extension Row {
    /// The value of a column that is never NULL.
    func text(_ name: String) throws -> String {
        guard let value = self[name] else {
            throw TransformerError(.unavailable, "The column \(name) is NULL or missing.")
        }
        return value
    }

    func integer(_ name: String) throws -> Int {
        let text = try text(name)
        guard let value = Int(text) else { throw TransformerError(.unavailable, "\(name): `\(text)` is not a number.") }
        return value
    }

    func moment(_ name: String) throws -> Moment {
        let text = try text(name)
        guard let value = Moment(text) else {
            throw TransformerError(.unavailable, "\(name): `\(text)` is not a time.")
        }
        return value
    }
}
