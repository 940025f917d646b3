import Foundation

/// What a file of an exported state says of itself, before anybody looks at the rest.
struct StateFile: Decodable {
    /// What this version writes, and the latest that it reads.
    static let version = 1
    static let format = "millrace transformer state"

    struct Environment: Decodable { let name: String }

    let format: String
    let version: Int
    let environments: [Environment]

    /// - Parameter name: The file, for messages.
    /// - Throws: `invalidRequest` for a text that is no exported state, or one of a later version.
    init(_ text: Data, from name: String) throws(TransformerError) {
        let found: StateFile
        do { found = try JSONDecoder().decode(StateFile.self, from: text) } catch {
            throw TransformerError(
                .invalidRequest, "\(name) is no state that `transformer state export` has written. Nothing was changed."
            )
        }
        guard found.format == Self.format, found.version > 0 else {
            throw TransformerError(
                .invalidRequest,
                "\(name) is of the format `\(found.format)` \(found.version), which this is not. Nothing was changed.")
        }
        guard found.version <= Self.version else {
            throw TransformerError(
                .invalidRequest,
                "\(name) is of format \(found.version), and this version reads formats up to \(Self.version): import it with "
                    + "the transformer that wrote it, or a later one. Nothing was changed.")
        }
        self = found
    }
}
