/// What came of asking NVIDIA's attestation service.
public enum NRASAnswer: Equatable, Sendable {
    case notAsked
    case unreachable
    /// - `response`: the whole body. `keys`: the service's key set, as it was fetched.
    case answer(response: [UInt8], keys: [UInt8])
}
