/// What NVIDIA's attestation service is asked for and how much its answer counts.
public enum NRASPolicy: String, Sendable, CaseIterable {
    /// It is not asked.
    case off
    /// An answer counts; that there is none is reported and held against nobody.
    case report
    /// Evidence without the service's approval is refused.
    case require
}
