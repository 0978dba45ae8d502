import Bytes
import Reactor

/// The provider's models that can be end-to-end encrypted. It decides what exists and what can see.
struct Catalogue {
    static let freshFor = Duration.seconds(10 * 60)
    /// An older catalogue is better than none for this long.
    static let usableFor = Duration.seconds(24 * 60 * 60)
    /// How long a failed fetch answers for those that come next.
    private static let failureMemory = Duration.seconds(3)

    enum Lookup {
        case ready
        /// Usable, and old enough for another to be fetched beside it.
        case refreshing
        case waiting
        case start
        case failed(APIError)
    }

    private(set) var models: [CatalogueModel] = []
    private var fetchedAt: Instant?
    private var isFetching = false
    private var failure: APIError?
    private var failureEnds = Instant(nanoseconds: 0)
    private var waiters: [ExchangeID] = []

    mutating func look(at now: Instant) -> Lookup {
        if let fetchedAt, now < fetchedAt + Self.usableFor {
            let isFresh = now < fetchedAt + Self.freshFor
            return isFresh || isFetching || now < failureEnds ? .ready : .refreshing
        }
        if isFetching { return .waiting }
        if let failure, now < failureEnds { return .failed(failure) }
        return .start
    }

    mutating func began() { isFetching = true }

    mutating func wait(_ exchange: ExchangeID) { waiters.append(exchange) }

    /// Takes the provider's answer over.
    /// - Returns: who waited; nil where the answer is no list of models.
    mutating func fetched(_ body: Span<UInt8>, at now: Instant) -> [ExchangeID]? {
        guard let models = CatalogueModel.list(in: body) else { return nil }
        self.models = models
        fetchedAt = now
        isFetching = false
        failure = nil
        defer { waiters = [] }
        return waiters
    }

    /// - Returns: who waited.
    mutating func failed(with error: APIError, at now: Instant) -> [ExchangeID] {
        isFetching = false
        failure = error
        failureEnds = now + Self.failureMemory
        defer { waiters = [] }
        return waiters
    }

    func model(_ id: String) -> CatalogueModel? {
        // Bytes are compared: two strings of different bytes can be equal.
        models.first { $0.id.utf8.elementsEqual(id.utf8) }
    }
}
