// Faults: what goes wrong with events on their way, in given shares, so that everybody can see what becomes of them.
// Always: which events meet which fault follows from the seed; the event's id stays readable in every message.

/// What is wrong with a simulated message. The raw value is its name in the log of events.
enum SimulatedFault: String, Sendable, CaseIterable {
    /// The same bytes once more.
    case duplicate
    /// The event's time lies before that of the events around it.
    case late
    /// No JSON: cut off, not UTF-8, or followed by more.
    case malformed
    /// JSON with fields that the contract does not have.
    case unknownField = "unknown_field"
    /// The time as a number.
    case wrongType = "wrong_type"
    /// Without its time, which the contract requires.
    case missingField = "missing_field"

    /// Whether the message meets the contract, so that it becomes a row and no dead letter.
    var isValid: Bool {
        switch self {
        case .duplicate, .late, .unknownField: true
        case .malformed, .wrongType, .missingField: false
        }
    }
}

/// Shares of all events, each from 0 to 1 and together 1 at most: an event meets one fault.
struct FaultShares: Sendable, Equatable {
    var duplicates = 0.0
    var late = 0.0
    var malformed = 0.0
    var drift = 0.0

    var sum: Double { duplicates + late + malformed + drift }
}

/// What the log of events says of a message.
struct EventMark: Sendable {
    let id: (UInt64, UInt64)
    /// Index into the scenario's topics.
    let topic: Int
    let fault: SimulatedFault?
}

/// Decides which events meet a fault, and does it to them.
struct FaultInjector: Sendable {
    private let shares: FaultShares
    private let lateness: Int64
    private var random: SeededRandom

    /// - Parameter lateness: Microseconds by which a late event is late at most; it is at least half of that.
    init(_ shares: FaultShares, lateness: Int64, seed: UInt64) {
        self.shares = shares
        self.lateness = lateness
        random = SeededRandom(seed: seed)
    }

    /// The fault that the next event meets, if any.
    mutating func next() -> SimulatedFault? {
        guard shares.sum > 0 else { return nil }
        var drawn = random.unit()
        for (share, fault) in [(shares.duplicates, SimulatedFault.duplicate), (shares.late, .late)] {
            if drawn < share { return fault }
            drawn -= share
        }
        if drawn < shares.malformed { return .malformed }
        guard drawn - shares.malformed < shares.drift else { return nil }
        return [.unknownField, .wrongType, .missingField][random.below(3)]
    }

    /// Microseconds by which a late event is late.
    mutating func delay() -> Int64 { lateness / 2 + Int64(random.unit() * Double(lateness - lateness / 2)) }

    /// Does what `fault` does to the bytes of an event.
    mutating func spoil(_ json: inout [UInt8], by fault: SimulatedFault, timeField: String, time: Int64) {
        switch fault {
        case .duplicate, .late: break
        case .malformed: malform(&json)
        case .unknownField:
            json.removeLast()
            json.append(contentsOf: #","schema_version":2,"experiment":{"name":"checkout","arm":1}}"#.utf8)
        case .wrongType:
            Self.replace(timeField, in: &json, by: Array("\"\(timeField)\":\(time / 1_000),".utf8))
        case .missingField:
            Self.replace(timeField, in: &json, by: [])
        }
    }

    private mutating func malform(_ json: inout [UInt8]) {
        switch random.below(3) {
        case 0: json.removeLast(2)
        case 1: json.insert(0xFF, at: json.count - 2)
        default: json.append(UInt8(ascii: "}"))
        }
    }

    /// The field, its value and the comma behind it.
    private static func replace(_ field: String, in json: inout [UInt8], by text: [UInt8]) {
        guard let name = json.firstRange(of: Array("\"\(field)\":".utf8)),
            let comma = json[name.upperBound...].firstIndex(of: UInt8(ascii: ","))
        else { return }
        json.replaceSubrange(name.lowerBound...comma, with: text)
    }
}
