import Hummingbird
import Web

/// Which part of a list somebody asks for: `limit`, and `cursor`, the name behind which it begins.
struct PageOfList: Sendable {
    let limit: Int
    let after: String

    /// - Throws: 400 for a limit that is none.
    init(_ request: Request, usual: Int = 100, max: Int = 500) throws(Problem) {
        let parameters = request.uri.queryParameters
        limit = try Self.number("limit", request, in: 1...max) ?? usual
        after = parameters["cursor"].map(String.init) ?? ""
    }

    /// The part of `all`, which are sorted by `name`, and the cursor of the next one; nil when this is the last.
    func cut<Item>(_ all: [Item], by name: (Item) -> String) -> (items: [Item], next: String?) {
        let rest = after.isEmpty ? all[...] : all.drop { name($0) <= after }
        let items = Array(rest.prefix(limit))
        return (items, rest.count > limit ? items.last.map(name) : nil)
    }

    /// A number that may be left out.
    /// - Throws: 400 for one that is none, or is out of range.
    static func number(_ name: String, _ request: Request, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = request.uri.queryParameters[name[...]] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(.badRequest, "`\(name)` must be a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
