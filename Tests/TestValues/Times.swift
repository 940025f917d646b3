import Foundation

/// `2026-03-29T02:30+02` and the like as an instant; `Z` for UTC.
public func time(_ text: String) -> Date {
    let zone = text.hasSuffix("Z") ? "+00" : String(text.suffix(3))
    let plain = text.hasSuffix("Z") ? text.dropLast() : text.dropLast(3)
    let numbers = plain.split { "-T:".contains($0) }.compactMap { Int($0) }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0)!
    let parts = DateComponents(
        year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers.count > 3 ? numbers[3] : 0,
        minute: numbers.count > 4 ? numbers[4] : 0, second: numbers.count > 5 ? numbers[5] : 0)
    return calendar.date(from: parts)!.addingTimeInterval(-Double(Int(zone)! * 3600))
}
