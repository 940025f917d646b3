import ArgumentParser

/// What a simulation plays.
enum Scenario: String, ExpressibleByArgument, CaseIterable, Sendable {
    case pageViews = "page-views"
    case subscriptions

    /// Where its events go, unless one of them is named otherwise.
    var topics: [String] {
        switch self {
        case .pageViews: ["events"]
        case .subscriptions: SubscriptionEvent.Kind.allCases.map(\.topic)
        }
    }

    /// How many people there are where nobody says.
    var usualUsers: Int {
        switch self {
        case .pageViews: 1_000
        case .subscriptions: 10_000
        }
    }
}
