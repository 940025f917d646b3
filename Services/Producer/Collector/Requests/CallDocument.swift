// CallDocument: one call of the tracking API where it lies in a body, read by paths without a tree. What is looked into
// once is remembered for the paths that follow.
import DataContract

struct CallDocument {
    let bytes: UnsafeRawBufferPointer
    /// Where the call is.
    let range: Range<Int>
    /// The batch around it; its context and integrations hold for members that have none of their own.
    let batch: [JSONOutline.Member]
    let members: [JSONOutline.Member]
    private var opened: [(at: Int, members: [JSONOutline.Member])] = []

    init(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, batch: [JSONOutline.Member] = []
    ) throws(Rejection) {
        self.bytes = bytes
        self.range = range
        self.batch = batch
        members = try JSONOutline.members(of: bytes, in: range)
    }

    /// The value at `path`, unless it is absent or null.
    mutating func value(_ path: [[UInt8]]) throws(Rejection) -> Range<Int>? {
        guard let first = path.first else { return nil }
        if let own = try follow(path, in: members) { return own }
        guard first.elementsEqual("context".utf8) || first.elementsEqual("integrations".utf8) else { return nil }
        return try follow(path, in: batch)
    }

    /// The text at a place of the call itself; `nil` when there is none, or something else.
    func text(_ name: StaticString) -> [UInt8]? {
        guard let value = Self.find(name, in: members, bytes), bytes[value.lowerBound] == UInt8(ascii: "\"") else {
            return nil
        }
        return EventChecker.text(bytes, value)
    }

    static func find(
        _ name: StaticString, in members: [JSONOutline.Member], _ bytes: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        let wanted = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return members.last { bytes[$0.name].elementsEqual(wanted) }?.value
    }

    /// Appends the call's context, with the batch's where it has nothing of that name, as far as privacy leaves it.
    mutating func appendContext(to output: inout [UInt8], _ privacy: ContextPrivacy) throws(Rejection) -> Bool {
        let own = Self.find("context", in: members, bytes)
        let shared = Self.find("context", in: batch, bytes)
        guard let one = own ?? shared, bytes[one.lowerBound] != UInt8(ascii: "n") else { return false }
        guard isObject(one), own.map(isObject) ?? true else {
            output.append(contentsOf: bytes[one])
            return true
        }
        var members: [JSONOutline.Member] = []
        if let own { members = try open(own) }
        if let shared, isObject(shared) {
            for other in try open(shared)
            where !members.contains(where: { bytes[$0.name].elementsEqual(bytes[other.name]) }) {
                members.append(other)
            }
        }
        output.append(UInt8(ascii: "{"))
        let before = output.count
        for member in members {
            let isEscaped = bytes[member.name].contains(UInt8(ascii: "\\"))
            let verdict =
                isEscaped
                ? privacy.verdict(on: JSONOutline.text(of: bytes, between: member.name), bytes, member.value)
                : privacy.verdict(on: bytes[member.name], bytes, member.value)
            if case .drop = verdict { continue }
            if output.count > before { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: bytes[member.name.lowerBound - 1..<member.name.upperBound + 1])
            output.append(UInt8(ascii: ":"))
            if case .replace(let text) = verdict {
                output.append(contentsOf: text)
            } else {
                output.append(contentsOf: bytes[member.value])
            }
        }
        output.append(UInt8(ascii: "}"))
        return true
    }

    private mutating func follow(_ path: [[UInt8]], in members: [JSONOutline.Member]) throws(Rejection) -> Range<Int>? {
        var members = members
        for (depth, name) in path.enumerated() {
            guard let found = members.last(where: { bytes[$0.name].elementsEqual(name) })?.value,
                bytes[found.lowerBound] != UInt8(ascii: "n")
            else { return nil }
            if depth == path.count - 1 { return found }
            guard isObject(found) else { return nil }
            members = try open(found)
        }
        return nil
    }

    private func isObject(_ range: Range<Int>) -> Bool { bytes[range.lowerBound] == UInt8(ascii: "{") }

    private mutating func open(_ object: Range<Int>) throws(Rejection) -> [JSONOutline.Member] {
        if let known = opened.first(where: { $0.at == object.lowerBound }) { return known.members }
        let members = try JSONOutline.members(of: bytes, in: object)
        opened.append((object.lowerBound, members))
        return members
    }
}
