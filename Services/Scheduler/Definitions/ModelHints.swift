// ModelHints: what a model's tags tell the scheduler. SQLMesh has no words for it in a MODEL, and takes any tag.
import Foundation
import ServiceRuntime

/// What tags `scheduler/…=…` of a model say. What cannot be read is a problem to show; the model runs without it.
struct ModelHints: Sendable, Equatable {
    /// The pool of which its tasks need a place.
    var pool: String?
    /// More goes first where places are few.
    var priority: Int?
    var retries: Int?
    /// How long one attempt may take.
    var timeout: Duration?
    var problems: [String] = []

    private static let prefix = "scheduler/"
    private static let names = ["pool", "priority", "retries", "timeout"]
    private static let priorities = -1_000...1_000

    /// - Parameter tags: Others are none of the scheduler's business.
    init(_ tags: [String]) {
        for tag in tags where tag.hasPrefix(Self.prefix) {
            let parts = tag.dropFirst(Self.prefix.count).split(separator: "=", maxSplits: 1).map(String.init)
            if let problem = take(parts.first ?? "", parts.count == 2 ? parts[1] : "") {
                problems.append("The tag `\(tag.prefix(80))` is not followed: \(problem)")
            }
        }
    }

    /// - Returns: What is wrong.
    private mutating func take(_ name: String, _ value: String) -> String? {
        switch name {
        case "pool":
            guard PoolName.isGood(value) else { return "a pool is \(PoolName.rule)." }
            pool = value
        case "priority":
            guard let number = Int(value), Self.priorities.contains(number) else {
                return "a priority is a whole number from -1000 to 1000."
            }
            priority = number
        case "retries":
            // no value: told below
            guard let number = try? SchedulerSettings.retriesSetting.check(value) as? Int else {
                return "retries are \(SchedulerSettings.retriesSetting.allowed ?? "a number")."
            }
            retries = number
        case "timeout":
            // no value: told below
            guard let duration = try? SchedulerSettings.taskTimeoutSetting.check(value) as? Duration else {
                return "a timeout is a duration such as `10m`, \(SchedulerSettings.taskTimeoutSetting.allowed ?? "")."
            }
            timeout = duration
        default:
            return "known are \(Self.names.map { "`\(Self.prefix)\($0)=…`" }.joined(separator: ", "))."
        }
        return nil
    }
}

/// How pools are called.
enum PoolName {
    /// The pool of models that name none.
    static let `default` = "default"
    static let rule = "1 to 60 letters, digits, `-` and `_`"

    static func isGood(_ name: String) -> Bool {
        (1...60).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: "_")
            }
    }
}
