/// Names one entry of a `SlotTable`: its slot in the low half, the slot's generation in the high
/// half. An event that arrives for an entry which is gone names an old generation and is harmless.
public struct Token: Hashable, Sendable {
    public let raw: UInt64

    public init(raw: UInt64) { self.raw = raw }

    init(slot: Int, generation: UInt32) {
        raw = UInt64(generation) << 32 | UInt64(UInt32(slot))
    }

    /// Names nothing, now or later.
    public static var none: Token { Token(raw: .max) }

    public var slot: Int { Int(UInt32(truncatingIfNeeded: raw)) }
    public var generation: UInt32 { UInt32(truncatingIfNeeded: raw >> 32) }
}
