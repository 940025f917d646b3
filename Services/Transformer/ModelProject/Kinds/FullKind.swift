/// `FULL`: a table, made anew whole each time.
public struct FullKind: KindOptions {
    public static let name = "FULL"

    public init() {}
}
