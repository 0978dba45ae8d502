import Reactor

/// Names one request of one client connection: a connection has many in turn, and what belongs to
/// an earlier one must not reach a later one.
struct ExchangeID: Equatable, Hashable {
    let client: Token
    let number: Int
}
