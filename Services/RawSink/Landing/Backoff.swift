/// Growing pauses between attempts, each with up to a quarter more at random, so that many sinks do not come at once.
struct Backoff {
    private var pause: Duration
    private let longest: Duration

    init(first: Duration = .milliseconds(200), longest: Duration = .seconds(10)) {
        pause = first
        self.longest = longest
    }

    mutating func next() -> Duration {
        defer { pause = min(pause * 2, longest) }
        return pause + pause * Double.random(in: 0...0.25)
    }
}
