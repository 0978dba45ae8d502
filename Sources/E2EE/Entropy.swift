/// A source of random bytes. The program fixes one where it starts; tests bring their own.
public protocol Entropy: Sendable {
    /// Fills all of `bytes`.
    /// - Throws: `.noEntropy`; nothing of `bytes` may then be used.
    mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(E2EEError)
}
