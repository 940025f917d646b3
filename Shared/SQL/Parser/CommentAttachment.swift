// Comments are found between tokens, and belong to nodes. This gives each comment to one node, so that none is lost
// when the tree is written again.

/// Where a comment may be attached.
private struct Anchor: Hashable {
    enum Kind: UInt8, Hashable { case query, select, item, order, join, table, commonTable, branch, expression }

    var kind: Kind
    var range: SourceRange
}

/// Which comments go where.
///
/// A comment behind something on the same line belongs to it; any other belongs to what follows, or if nothing that may
/// have comments begins there, to what came before. Of several nodes that begin or end at one place, the largest has it.
struct CommentAttachment {
    private var leading: [Anchor: [Comment]] = [:]
    private var trailing: [Anchor: [Comment]] = [:]

    /// Attaches the comments of a text to its statements.
    static func attach(
        _ comments: [Comment], to statements: inout [Statement], bytes: UnsafeBufferPointer<UInt8>,
        tokens: UnsafeBufferPointer<Token>
    ) throws(SQLError) {
        if comments.isEmpty || statements.isEmpty { return }
        var collector = AnchorWalk()
        for index in statements.indices { try collector.rewrite(&statements[index]) }
        var attachment = CommentAttachment()
        attachment.assign(comments, collector.anchors, bytes: bytes, tokens: tokens)
        var walk = AnchorWalk()
        walk.attachment = attachment
        for index in statements.indices { try walk.rewrite(&statements[index]) }
    }

    private mutating func assign(
        _ comments: [Comment], _ anchors: [Anchor], bytes: UnsafeBufferPointer<UInt8>,
        tokens: UnsafeBufferPointer<Token>
    ) {
        // Outer nodes come before inner ones, so the first of a place is the largest.
        var starting: [UInt32: Anchor] = [:]
        var ending: [UInt32: Anchor] = [:]
        for anchor in anchors where !anchor.range.isNone {
            if starting[anchor.range.start] == nil { starting[anchor.range.start] = anchor }
            if (ending[anchor.range.end]?.range.start ?? .max) > anchor.range.start {
                ending[anchor.range.end] = anchor
            }
        }
        var next = 0
        for comment in comments {
            while next < tokens.count - 1, tokens[next].range.start < comment.range.start { next += 1 }
            var previous = next - 1
            while previous >= 0, tokens[previous].kind == .comma || tokens[previous].kind == .semicolon {
                previous -= 1
            }
            let before = previous >= 0 ? ending[tokens[previous].range.end] : nil
            let after = starting[tokens[next].range.start]
            let isBehind =
                next > 0
                && !bytes[Int(tokens[next - 1].range.end)..<Int(comment.range.start)].contains(UInt8(ascii: "\n"))
            if let before, isBehind || after == nil {
                trailing[before, default: []].append(comment)
            } else if let after {
                leading[after, default: []].append(comment)
            } else if let around = Self.innermost(around: comment, in: anchors) {
                trailing[around, default: []].append(comment)
            }
        }
    }

    /// The smallest node that the comment stands in; the first of all if it stands in none.
    private static func innermost(around comment: Comment, in anchors: [Anchor]) -> Anchor? {
        anchors.filter { $0.range.start <= comment.range.start && comment.range.end <= $0.range.end }
            .min { $0.range.end - $0.range.start < $1.range.end - $1.range.start } ?? anchors.last
    }

    /// The comments of an anchor, which are given out once.
    fileprivate mutating func take(_ anchor: Anchor) -> Comments? {
        if leading.isEmpty && trailing.isEmpty { return nil }
        let before = leading.removeValue(forKey: anchor)
        let behind = trailing.removeValue(forKey: anchor)
        if before == nil && behind == nil { return nil }
        return Comments(leading: before ?? [], trailing: behind ?? [])
    }
}

/// Goes through the nodes that may have comments, the outer before the inner: first to list them, then to attach.
private struct AnchorWalk: TreeRewriter {
    var anchors: [Anchor] = []
    /// Nil while anchors are listed.
    var attachment: CommentAttachment?

    private mutating func meet(_ kind: Anchor.Kind, _ info: inout NodeInfo) {
        let anchor = Anchor(kind: kind, range: info.range)
        guard attachment != nil else { return anchors.append(anchor) }
        if let comments = attachment?.take(anchor) { info.comments = comments }
    }

    mutating func rewrite(_ query: inout Query) throws(SQLError) {
        meet(.query, &query.info)
        if var with = query.with {
            for index in with.tables.indices { meet(.commonTable, &with.tables[index].info) }
            query.with = with
        }
        for index in query.orderBy.indices { meet(.order, &query.orderBy[index].info) }
        try descend(&query)
    }

    mutating func rewrite(_ select: inout Select) throws(SQLError) {
        meet(.select, &select.info)
        for index in select.items.indices { meet(.item, &select.items[index].info) }
        try descend(&select)
    }

    mutating func rewrite(_ join: inout Join) throws(SQLError) {
        meet(.join, &join.info)
        try descend(&join)
    }

    mutating func rewrite(_ relation: inout Relation) throws(SQLError) {
        if case .table(var table) = relation {
            meet(.table, &table.info)
            relation = .table(table)
        }
        try descend(&relation)
    }

    mutating func rewrite(_ expression: inout Expression) throws(SQLError) {
        if case .conditional(var node) = expression {
            for index in node.branches.indices { meet(.branch, &node.branches[index].info) }
            expression = .conditional(node)
        }
        var info = expression.info
        meet(.expression, &info)
        if info.comments != nil { expression.info = info }
        try descend(&expression)
    }
}
