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
        /// A verification held by it, or it was kept from an earlier run.
        var proven: StoredCollateral?
        /// Was fetched since, and no verification has held by it yet.
        var candidate: StoredCollateral?
        /// Unix seconds.
        var renewAt = Int.max
        var partial: PartialCollateral?
        /// Tells the parts of one fetch from those of another.
        var fetchNumber = 0
        /// Models whose evidence waits for it.
        var waiters: [String] = []
        var failure: APIError?
        var failureEnds = Instant(nanoseconds: 0)

        /// What to judge by: the newest there is.
        var newest: StoredCollateral? { candidate ?? proven }
    }

    private var entries: [QuotedPlatform: Entry] = [:]

    /// The kinds of machine that there is collateral for.
    var platforms: Set<QuotedPlatform> {
        Set(entries.filter { $0.value.newest != nil }.map(\.key))
    }

    /// Whether the fetch of that number goes on.
    func isFetching(_ platform: QuotedPlatform, _ number: Int) -> Bool {
        entries[platform]?.partial != nil && entries[platform]?.fetchNumber == number
    }

    /// Takes what was kept from an earlier time; what was fetched since is newer.
    mutating func restore(_ stored: StoredCollateral, of platform: QuotedPlatform) {
        guard entries[platform]?.newest == nil else { return }
        entries[platform, default: Entry()].proven = stored
    }

    mutating func look(_ platform: QuotedPlatform, at now: Instant, wallClock: Int) -> Lookup {
        let entry = entries[platform, default: Entry()]
        let isResting = now < entry.failureEnds
        if let collateral = entry.newest?.collateral {
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
    /// - Returns: whether that was the last, and there is collateral to judge by.
    /// - Throws: `.collateralMalformed`.
    mutating func fetched(
        _ part: CollateralPart, of platform: QuotedPlatform, _ body: [UInt8], chain: [UInt8],
        wallClock: Int
    ) throws(AttestationError) -> Bool {
        guard var partial = entries[platform]?.partial else { return false }
        partial.add(part, body, chain: chain)
        entries[platform]?.partial = partial
        guard partial.isComplete else { return false }
        let collateral = try partial.assembled()
        entries[platform]?.partial = nil
        entries[platform]?.candidate = StoredCollateral(collateral, fetchedAt: wallClock)
        entries[platform]?.renewAt = .max
        return true
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

    /// A verification held by `used`, until `expiresAt` (Unix seconds).
    /// - Returns: collateral that has proved good for the first time, to be kept for other runs.
    mutating func confirmed(
        _ used: Collateral, of platform: QuotedPlatform, until expiresAt: Int
    ) -> StoredCollateral? {
        let candidate = entries[platform]?.candidate
        let isNew = candidate?.collateral == used
        if isNew {
            entries[platform]?.proven = candidate
            entries[platform]?.candidate = nil
        }
        if let fetchedAt = entries[platform]?.proven?.fetchedAt, expiresAt > fetchedAt {
            let half = fetchedAt + (expiresAt - fetchedAt) / 2
            entries[platform]?.renewAt = max(
                fetchedAt + 3600, min(half, expiresAt - Self.reserveSeconds))
        }
        return isNew ? candidate : nil
    }

    /// Forgets `used`, by which nothing can be verified. What was proven before it may still hold,
    /// and is renewed again a little later.
    mutating func discard(_ used: Collateral, of platform: QuotedPlatform, at now: Instant) {
        if entries[platform]?.candidate?.collateral == used {
            entries[platform]?.candidate = nil
            entries[platform]?.renewAt = 0
            entries[platform]?.failureEnds = now + Self.failureMemory
        }
        if entries[platform]?.proven?.collateral == used { entries[platform]?.proven = nil }
    }
}
