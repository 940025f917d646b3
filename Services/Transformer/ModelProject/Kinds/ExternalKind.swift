/// `EXTERNAL`: a table that others fill; its columns are known and it may be audited.
public struct ExternalKind: KindOptions {
    public static let name = "EXTERNAL"

    public init() {}

    public var hasRelation: Bool { false }
}
