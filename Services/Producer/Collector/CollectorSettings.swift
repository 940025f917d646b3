import ServiceRuntime

/// What an operator may set of `producer serve`.
struct CollectorSettings: Sendable {
    /// What of the sender's address is kept.
    enum AddressPrivacy: String, CaseIterable, Sendable { case drop, truncate, keep }

    static let keysFile = Setting<String>.text(
        "collector.keys_file",
        "YAML file with the write keys, their topics and rates; read again when it changes and at SIGHUP."
    ).optional
    static let isOpenSetting = Setting<Bool>.flag(
        "collector.open", "Take events without a write key. For development: anyone who reaches the port can send.")
    static let threadsSetting = Setting<Int>.integer(
        "collector.threads", default: 2, in: 1...64, "Threads that answer requests.")
    static let memoryMaxSetting = Setting<Int>.bytes(
        "collector.memory_max", default: 64 << 20, in: (1 << 20)...(8 << 30),
        "Bytes of bodies and unacknowledged events held at once; beyond, the answer is 503.")
    static let ackTimeoutSetting = Setting<Duration>.duration(
        "collector.ack_timeout", default: .seconds(10), in: .seconds(1)...(.seconds(120)),
        "How long Kafka may take to acknowledge, before the answer is 503 or the events go to the spool.")
    static let requestTimeoutSetting = Setting<Duration>.duration(
        "collector.request_timeout", default: .seconds(30), in: .seconds(1)...(.seconds(300)),
        "How long a request's body may take to arrive.")
    static let originsSetting = Setting<[String]>.list(
        "collector.allowed_origins", default: ["*"], "Origins whose pages may send events; * for all.")
    static let proxiesSetting = Setting<Int>.integer(
        "collector.trusted_proxies", default: 0, in: 0...10,
        "How many proxies stand before the service: which entry of X-Forwarded-For, from the right, is the sender.")
    static let addressSetting = Setting<AddressPrivacy>.choice(
        "collector.ip", default: .truncate,
        "What of the sender's address goes into events: nothing, its network (/24, /48), or all of it.")
    static let userAgentSetting = Setting<Bool>.flag(
        "collector.user_agent", default: true, "Whether the request's User-Agent goes into events.")
    static let keepsRejectedSetting = Setting<Bool>.flag(
        "collector.keep_rejected", default: true, "Whether rejected events go to <topic>.dead-letters.")
    static let spoolFolderSetting = Setting<String>.text(
        "collector.spool_dir", "Folder on a durable disk that takes events while Kafka is away; none without it."
    ).optional
    static let spoolMaxSetting = Setting<Int>.bytes(
        "collector.spool_max", default: 1 << 30, in: (1 << 20)...(1 << 40), "Bytes that the spool may take on disk.")

    static let group = SettingGroup(
        "Collector",
        [
            keysFile, isOpenSetting, threadsSetting, memoryMaxSetting, ackTimeoutSetting, requestTimeoutSetting,
            originsSetting, proxiesSetting, addressSetting, userAgentSetting, keepsRejectedSetting, spoolFolderSetting,
            spoolMaxSetting,
        ])

    var keysFile: String?
    var isOpen = false
    var threads = 2
    var memoryMax = 64 << 20
    var ackTimeout: Duration = .seconds(10)
    var requestTimeout: Duration = .seconds(30)
    var allowedOrigins = ["*"]
    var trustedProxies = 0
    var address = AddressPrivacy.truncate
    var keepsUserAgent = true
    var keepsRejected = true
    var spoolFolder: String?
    var spoolMax = 1 << 30

    init() {}

    /// Whether pages of `origin` may send events and read answers.
    func allowsOrigin(_ origin: String) -> Bool { allowedOrigins.contains("*") || allowedOrigins.contains(origin) }

    /// - Throws: `SettingsError` when nobody could send: no keys, and not open either.
    init(_ settings: Settings) throws(SettingsError) {
        keysFile = try settings.value(of: Self.keysFile)
        isOpen = try settings.value(of: Self.isOpenSetting)
        threads = try settings.value(of: Self.threadsSetting)
        memoryMax = try settings.value(of: Self.memoryMaxSetting)
        ackTimeout = try settings.value(of: Self.ackTimeoutSetting)
        requestTimeout = try settings.value(of: Self.requestTimeoutSetting)
        allowedOrigins = try settings.value(of: Self.originsSetting)
        trustedProxies = try settings.value(of: Self.proxiesSetting)
        address = try settings.value(of: Self.addressSetting)
        keepsUserAgent = try settings.value(of: Self.userAgentSetting)
        keepsRejected = try settings.value(of: Self.keepsRejectedSetting)
        spoolFolder = try settings.value(of: Self.spoolFolderSetting)
        spoolMax = try settings.value(of: Self.spoolMaxSetting)
        if keysFile == nil && !isOpen {
            throw SettingsError(
                Self.keysFile, "is not set. Name a file with write keys, or set COLLECTOR_OPEN=true for development.")
        }
    }
}

/// The limits of the tracking API, as SDKs know them.
enum CollectorLimits {
    static let eventBytesMax = 32 << 10
    static let bodyBytesMax = 500 << 10
    static let batchEventsMax = 2_500
    /// Rejections that an answer lists; the others are counted.
    static let rejectionsListed = 100
}
