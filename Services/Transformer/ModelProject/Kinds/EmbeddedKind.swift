/// `EMBEDDED`: no relation of its own; its query stands, as a subquery, where models read it.
public struct EmbeddedKind: KindOptions {
    public static let name = "EMBEDDED"

    public init() {}

    public var hasRelation: Bool { false }
}
