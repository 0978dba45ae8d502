import E2EE
import Reactor

/// Which key each model's enclave has proven, and who waits for one. One attestation per model runs
/// at a time; a failure is remembered for a while, so that a storm of clients is no storm at the
/// provider.
struct Enclaves {
    /// A key is renewed ahead of time once this share of its life has passed.
    private static let renewalShare = 0.8
    /// Failures of the provider, counted over the window, after which nothing more is asked.
    static let failureCountMax = 6
    static let failureWindow = Duration.seconds(30)
    /// How long a failure answers for the next requests of its model.
    static let failureMemory = Duration.seconds(5)
    /// Tries within one attestation, for faults that pass.
    static let tryCountMax = 3
    static let retryDelay = Duration.milliseconds(500)
    /// The longest Retry-After that is waited for; beyond it the client is told instead.
    static let retryDelayMax = Duration.seconds(10)

    enum Lookup {
        case ready(VerifiedKey)
        /// Good for now, and old enough for another to be fetched beside it.
        case renewing(VerifiedKey)
        case waiting
        /// Nobody is fetching it yet: whoever asks first starts.
        case start
        case failed(APIError)
    }

    private struct Entry {
        var key: VerifiedKey?
        var validUntil = Instant(nanoseconds: 0)
        var renewAt = Instant(nanoseconds: 0)
        var isAttesting = false
        var tryCount = 0
        var waiters: [ExchangeID] = []
        var failure: APIError?
        var failureEnds = Instant(nanoseconds: 0)
    }

    private var entries: [String: Entry] = [:]
    /// The last report on each model's evidence, good or bad.
    private(set) var reports: [String: AttestationReport] = [:]
    /// When the provider failed lately, oldest first.
    private var failures: [Instant] = []

    /// What is known of `model`'s key. Both clocks are asked: one of them runs while the machine
    /// sleeps, the other knows the dates the evidence names.
    mutating func look(_ model: String, at now: Instant, wallClock: Int) -> Lookup {
        guard let entry = entries[model] else { return .start }
        if let key = entry.key, now < entry.validUntil, wallClock < key.expiresAt {
            guard now >= entry.renewAt, !entry.isAttesting, now >= entry.failureEnds else {
                return .ready(key)
            }
            return .renewing(key)
        }
        entries[model]?.key = nil
        if entry.isAttesting { return .waiting }
        if let failure = entry.failure, now < entry.failureEnds { return .failed(failure) }
        return .start
    }

    /// Seconds until the provider may be asked again; nil when it may be now.
    mutating func restSeconds(at now: Instant) -> Int? {
        failures.removeAll { $0 + Self.failureWindow <= now }
        guard failures.count >= Self.failureCountMax, let oldest = failures.first else {
            return nil
        }
        let rest = (oldest + Self.failureWindow) - now
        return Int(rest.milliseconds / 1000) + 1
    }

    /// No key is used again without a new verification.
    mutating func forgetKeys() {
        for model in entries.keys { entries[model]?.failure = nil }
        for model in entries.keys { entries[model]?.key = nil }
    }

    mutating func forgetKey(of model: String) { entries[model]?.key = nil }

    /// Whether there is a key of `model` that prompts may be sealed to.
    func isCurrent(_ model: String, at now: Instant, wallClock: Int) -> Bool {
        guard let entry = entries[model], let key = entry.key else { return false }
        return now < entry.validUntil && wallClock < key.expiresAt
    }

    mutating func reported(_ report: AttestationReport) { reports[report.model] = report }

    mutating func began(_ model: String) {
        entries[model, default: Entry()].isAttesting = true
        entries[model]?.tryCount += 1
    }

    mutating func wait(for model: String, _ exchange: ExchangeID) {
        entries[model, default: Entry()].waiters.append(exchange)
    }

    /// A key was verified.
    /// - Returns: who waited for it.
    mutating func verified(_ key: VerifiedKey, at now: Instant, wallClock: Int) -> [ExchangeID] {
        let waiters = entries[key.model]?.waiters ?? []
        let life = Duration.seconds(max(0, key.expiresAt - wallClock))
        entries[key.model] = Entry(
            key: key, validUntil: now + life, renewAt: now + life * Self.renewalShare)
        return waiters
    }

    /// The provider could not be asked, or failed to answer.
    /// - Returns: how long to wait before trying again; nil when there were enough tries.
    mutating func providerFailed(
        _ model: String, at now: Instant, retryAfter: Int?
    ) -> Duration? {
        failures.append(now)
        let count = entries[model]?.tryCount ?? Self.tryCountMax
        guard count < Self.tryCountMax, restSeconds(at: now) == nil else { return nil }
        let delay = retryAfter.map { Duration.seconds($0) } ?? Self.retryDelay * count
        return delay <= Self.retryDelayMax ? delay : nil
    }

    /// The attestation is over without a key.
    /// - Returns: who waited for it.
    mutating func failed(_ model: String, with error: APIError, at now: Instant) -> [ExchangeID] {
        let waiters = entries[model]?.waiters ?? []
        entries[model]?.waiters = []
        entries[model]?.isAttesting = false
        entries[model]?.tryCount = 0
        entries[model]?.failure = error
        let memory = error.retryAfter.map { Duration.seconds(min($0, 30)) } ?? Self.failureMemory
        entries[model]?.failureEnds = now + memory
        return waiters
    }

    /// The provider no longer takes `key` for `model`.
    mutating func drop(_ key: PublicKey, of model: String) {
        guard entries[model]?.key?.key == key else { return }
        entries[model]?.key = nil
        entries[model]?.failure = nil
    }
}
