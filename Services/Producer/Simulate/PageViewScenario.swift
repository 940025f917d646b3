// PageViewScenario: people who browse a shop. Decides who does what next, and knows nothing of clocks and Kafka.
// Always: what it says follows from the seed alone, in order.

/// One thing that a visitor did.
struct PageViewEvent: Sendable, Equatable {
    /// Bits of the event's UUID.
    var id: (UInt64, UInt64)
    var user: Int
    /// Bits of the visit's id: the same for every event of a visit.
    var session: UInt64
    var action: Action
    var page: Page
    /// Set on the first event of a visit that came from elsewhere: index into `PageViewScenario.referrers`.
    var referrer: Int?
    var isMobile: Bool
    /// Microseconds since 1970-01-01T00:00:00Z.
    var time: Int64

    enum Action: UInt8, Sendable, CaseIterable {
        case pageView, click, addToCart, signUp, purchase
    }

    enum Page: Sendable, Equatable {
        case home, products, product(Int), cart, checkout, account, help(Int)
    }

    static func == (left: Self, right: Self) -> Bool {
        left.id == right.id && left.user == right.user && left.session == right.session && left.action == right.action
            && left.page == right.page && left.referrer == right.referrer && left.isMobile == right.isMobile
            && left.time == right.time
    }
}

/// A visit that is under way.
struct Visit: Sendable {
    let user: Int
    let session: UInt64
    let isMobile: Bool
    fileprivate(set) var eventsLeft: Int
    fileprivate(set) var page: PageViewEvent.Page
    fileprivate(set) var isFirst = true

    /// Nothing more will happen.
    var isOver: Bool { eventsLeft <= 0 }
}

/// Who visits, and what they do there.
struct PageViewScenario: Sendable {
    static let referrers = ["https://www.google.com/", "https://news.example.org/", "https://social.example/feed"]

    /// Events of a visit on average; a visit has one at least.
    static let eventsPerVisit = 6.0

    let users: Int
    var random: SeededRandom

    init(users: Int, seed: UInt64) {
        self.users = users
        random = SeededRandom(seed: seed)
    }

    /// Somebody comes. A few people come often and most of them rarely: the square favours low numbers.
    mutating func visit() -> Visit {
        let share = random.unit()
        let user = min(users - 1, Int(share * share * Double(users)))
        let length = 1 + Int(random.exponential(mean: Self.eventsPerVisit - 1).rounded())
        return Visit(
            user: user, session: random.next(), isMobile: random.unit() < 0.55, eventsLeft: min(length, 60),
            page: random.unit() < 0.6 ? .home : .product(random.below(400)))
    }

    /// The visitor's next event, at `time`; `visit` goes on from there.
    mutating func event(of visit: inout Visit, at time: Int64) -> PageViewEvent {
        let id = (random.next(), random.next())
        let choice = random.unit()
        var action = PageViewEvent.Action.pageView
        var referrer: Int?
        if visit.isFirst {
            referrer = choice < 0.5 ? random.below(Self.referrers.count) : nil
        } else {
            switch choice {
            case ..<0.62: visit.page = nextPage(after: visit.page)
            case ..<0.88: action = .click
            case ..<0.95:
                (action, visit.page) = (.addToCart, visit.page.isProduct ? visit.page : .product(random.below(400)))
            case ..<0.97: (action, visit.page) = (.signUp, .account)
            default: (action, visit.page) = (.purchase, .checkout)
            }
        }
        visit.isFirst = false
        visit.eventsLeft -= 1
        return PageViewEvent(
            id: id, user: visit.user, session: visit.session, action: action, page: visit.page, referrer: referrer,
            isMobile: visit.isMobile, time: time)
    }

    /// Seconds until a visitor's next event: a glance or a long read, never so long that the visit would be over.
    mutating func pause() -> Double { min(900, 4 + random.exponential(mean: 45)) }

    private mutating func nextPage(after page: PageViewEvent.Page) -> PageViewEvent.Page {
        switch random.unit() {
        case ..<0.10: .home
        case ..<0.35: .products
        case ..<0.80: .product(random.below(400))
        case ..<0.88: .cart
        case ..<0.92: .account
        default: .help(random.below(12))
        }
    }
}

extension PageViewEvent.Page {
    fileprivate var isProduct: Bool { if case .product = self { true } else { false } }
}
