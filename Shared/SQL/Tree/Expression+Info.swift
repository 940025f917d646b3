extension Expression {
    /// Where the expression stood in the text, and the comments next to it.
    public var info: NodeInfo {
        get {
            switch self {
            case .column(let node): node.info
            case .star(let node): node.info
            case .literal(let node): node.info
            case .typedLiteral(let node): node.info
            case .interval(let node): node.info
            case .parameter(let node): node.info
            case .placeholder(let node): node.info
            case .unary(let node): node.info
            case .binary(let node): node.info
            case .chain(let node): node.info
            case .symbolic(let node): node.info
            case .logical(let node): node.info
            case .isTest(let node): node.info
            case .between(let node): node.info
            case .membership(let node): node.info
            case .match(let node): node.info
            case .quantified(let node): node.info
            case .conditional(let node): node.info
            case .cast(let node): node.info
            case .function(let node): node.info
            case .timePart(let node): node.info
            case .subquery(let node): node.info
            case .exists(let node): node.info
            case .array(let node): node.info
            case .row(let node): node.info
            case .subscripted(let node): node.info
            case .field(let node): node.info
            case .atTimeZone(let node): node.info
            case .collated(let node): node.info
            }
        }
        set {
            switch self {
            case .column(var node):
                node.info = newValue
                self = .column(node)
            case .star(var node):
                node.info = newValue
                self = .star(node)
            case .literal(var node):
                node.info = newValue
                self = .literal(node)
            case .typedLiteral(var node):
                node.info = newValue
                self = .typedLiteral(node)
            case .interval(var node):
                node.info = newValue
                self = .interval(node)
            case .parameter(var node):
                node.info = newValue
                self = .parameter(node)
            case .placeholder(var node):
                node.info = newValue
                self = .placeholder(node)
            case .unary(var node):
                node.info = newValue
                self = .unary(node)
            case .binary(var node):
                node.info = newValue
                self = .binary(node)
            case .chain(var node):
                node.info = newValue
                self = .chain(node)
            case .symbolic(var node):
                node.info = newValue
                self = .symbolic(node)
            case .logical(var node):
                node.info = newValue
                self = .logical(node)
            case .isTest(var node):
                node.info = newValue
                self = .isTest(node)
            case .between(var node):
                node.info = newValue
                self = .between(node)
            case .membership(var node):
                node.info = newValue
                self = .membership(node)
            case .match(var node):
                node.info = newValue
                self = .match(node)
            case .quantified(var node):
                node.info = newValue
                self = .quantified(node)
            case .conditional(var node):
                node.info = newValue
                self = .conditional(node)
            case .cast(var node):
                node.info = newValue
                self = .cast(node)
            case .function(var node):
                node.info = newValue
                self = .function(node)
            case .timePart(var node):
                node.info = newValue
                self = .timePart(node)
            case .subquery(var node):
                node.info = newValue
                self = .subquery(node)
            case .exists(var node):
                node.info = newValue
                self = .exists(node)
            case .array(var node):
                node.info = newValue
                self = .array(node)
            case .row(var node):
                node.info = newValue
                self = .row(node)
            case .subscripted(var node):
                node.info = newValue
                self = .subscripted(node)
            case .field(var node):
                node.info = newValue
                self = .field(node)
            case .atTimeZone(var node):
                node.info = newValue
                self = .atTimeZone(node)
            case .collated(var node):
                node.info = newValue
                self = .collated(node)
            }
        }
    }

    /// Where the expression stood in the text, without parentheses around it.
    public var range: SourceRange { info.range }
}
