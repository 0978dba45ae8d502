import E2EE
import Reactor

/// The collateral of each kind of machine that has been seen, and who waits for some. One fetch a
/// kind runs at a time; a failure is remembered for a moment.
struct CollateralStore {
    static let failureMemory = Duration.seconds(5)
    /// What is left of its life when collateral is renewed at the latest.
    private static let reserveSeconds = 7 * 86_400

    enum Lookup {
        case ready(Collateral)
        /// Good for now, and old enough for another to be fetched beside it.
        case renewing(Collateral)
        case waiting
        /// Nobody is fetching it yet: whoever asks first starts.
        case start
        case failed(APIError)
    }

    private struct Entry {
        var collateral: Collateral?
        /// Unix seconds.
        var fetchedAt = 0
        var renewAt = Int.max
        var partial: PartialCollateral?
        /// Tells the parts of one fetch from those of another.
        var fetchNumber = 0
        /// Was fetched and has not proved good yet: only then is it kept for other runs.
        var unproven: StoredCollateral?
        /// Models whose evidence waits for it.
        var waiters: [String] = []
        var failure: APIError?
        var failureEnds = Instant(nanoseconds: 0)
    }

    private var entries: [QuotedPlatform: Entry] = [:]

    func has(_ platform: QuotedPlatform) -> Bool { entries[platform]?.collateral != nil }
    var platforms: Set<QuotedPlatform> { Set(entries.keys.filter { has($0) }) }
    /// Whether the fetch of that number goes on.
    func isFetching(_ platform: QuotedPlatform, _ number: Int) -> Bool {
        entries[platform]?.partial != nil && entries[platform]?.fetchNumber == number
    }

    /// Takes what was kept from an earlier time; what was fetched since is newer.
    mutating func restore(_ stored: StoredCollateral, of platform: QuotedPlatform) {
        guard !has(platform) else { return }
        entries[platform, default: Entry()].collateral = stored.collateral
        entries[platform]?.fetchedAt = stored.fetchedAt
    }

    mutating func look(_ platform: QuotedPlatform, at now: Instant, wallClock: Int) -> Lookup {
        let entry = entries[platform, default: Entry()]
        let isResting = now < entry.failureEnds
        if let collateral = entry.collateral {
            let isOld = wallClock >= entry.renewAt && entry.partial == nil && !isResting
            return isOld ? .renewing(collateral) : .ready(collateral)
        }
        if entry.partial != nil { return .waiting }
        if isResting, let failure = entry.failure { return .failed(failure) }
        return .start
    }

    /// - Returns: the number of this fetch.
    mutating func began(_ platform: QuotedPlatform) -> Int {
        entries[platform, default: Entry()].partial = PartialCollateral()
        entries[platform, default: Entry()].fetchNumber += 1
        return entries[platform]?.fetchNumber ?? 0
    }

    mutating func wait(for platform: QuotedPlatform, _ model: String) {
        entries[platform, default: Entry()].waiters.append(model)
    }

    /// One document has arrived.
    /// - Returns: all of the collateral, with the last of them.
    /// - Throws: `.collateralMalformed`.
    mutating func fetched(
        _ part: CollateralPart, of platform: QuotedPlatform, _ body: [UInt8], chain: [UInt8],
        wallClock: Int
    ) throws(AttestationError) -> StoredCollateral? {
        guard var partial = entries[platform]?.partial else { return nil }
        partial.add(part, body, chain: chain)
        entries[platform]?.partial = partial
        guard partial.isComplete else { return nil }
        let collateral = try partial.assembled()
        entries[platform]?.partial = nil
        entries[platform]?.collateral = collateral
        entries[platform]?.fetchedAt = wallClock
        entries[platform]?.renewAt = .max
        let stored = StoredCollateral(collateral, fetchedAt: wallClock)
        entries[platform]?.unproven = stored
        return stored
    }

    /// A document could not be had, and so not all of them.
    mutating func failed(_ platform: QuotedPlatform, with error: APIError, at now: Instant) {
        entries[platform]?.partial = nil
        entries[platform]?.failure = error
        entries[platform]?.failureEnds = now + Self.failureMemory
    }

    /// - Returns: who waited; they wait no more.
    mutating func takeWaiters(_ platform: QuotedPlatform) -> [String] {
        defer { entries[platform]?.waiters = [] }
        return entries[platform]?.waiters ?? []
    }

    /// Collateral that a verification held by, until `expiresAt` (Unix seconds).
    mutating func confirmed(_ platform: QuotedPlatform, until expiresAt: Int) {
        guard let fetchedAt = entries[platform]?.fetchedAt, expiresAt > fetchedAt else { return }
        let half = fetchedAt + (expiresAt - fetchedAt) / 2
        entries[platform]?.renewAt = max(
            fetchedAt + 3600, min(half, expiresAt - Self.reserveSeconds))
    }

    /// Collateral by which a verification held for the first time.
    mutating func takeProven(_ platform: QuotedPlatform) -> StoredCollateral? {
        defer { entries[platform]?.unproven = nil }
        return entries[platform]?.unproven
    }

    /// Forgets collateral by which nothing can be verified.
    mutating func discard(_ platform: QuotedPlatform) {
        entries[platform]?.collateral = nil
        entries[platform]?.unproven = nil
    }
}
