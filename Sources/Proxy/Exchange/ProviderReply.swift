import Bytes

/// An answer of the provider that is not a stream.
struct ProviderReply: ~Copyable {
    let status: Int
    /// Seconds, where the provider said a number of them.
    let retryAfter: Int?
    let issuerChain: [UInt8]?
    let body: Buffer
    /// What a client hears where the status is one of failure.
    let refusal: APIError
}
