/// What happens to software that is not pinned.
public enum PinPolicy: String, Sendable, CaseIterable {
    /// Image, app, and whoever issues its keys must be pinned; a new compose hash of a pinned app
    /// is announced.
    case pinned
    /// The compose hash must be pinned too, and images for development are refused.
    case strict
    /// Nothing is refused for want of a pin; all of it is said.
    case report
}
