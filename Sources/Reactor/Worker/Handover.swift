import Synchronization

/// What work off the loop's thread leaves for the hub: put once there, taken once here.
public final class Handover<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    public init() {}

    public func put(_ value: Value) { self.value.withLock { $0 = value } }

    /// nil where nothing was put, or it was taken already.
    public func take() -> Value? {
        value.withLock { value in
            defer { value = nil }
            return value
        }
    }
}
