import COpenSSL

/// Key bytes on the heap with one owner, wiped when it drops them.
///
/// They never lie in an array or a string, which copy behind our back, nor inline in a struct,
/// which leaves a copy on the stack each time it moves.
@safe public struct Secret: ~Copyable {
    private let base: UnsafeMutablePointer<UInt8>
    public let count: Int

    /// `count` zero bytes.
    public init(count: Int) {
        precondition(count >= 0, "a secret of negative length")
        unsafe base = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
        unsafe base.initialize(repeating: 0, count: count)
        self.count = count
    }

    /// A copy of `bytes`; the caller wipes the original.
    public init(_ bytes: Span<UInt8>) {
        self.init(count: bytes.count)
        var own = self.mutableBytes
        for index in 0..<bytes.count { own[index] = bytes[index] }
    }

    deinit {
        unsafe OPENSSL_cleanse(base, count)
        unsafe base.deallocate()
    }

    /// The bytes, lent for as long as the owner is not changed.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes, lent for writing.
    public var mutableBytes: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            let span = unsafe MutableSpan(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// Overwrites every byte with zero, in a way the compiler may not leave out.
    public mutating func wipe() {
        unsafe OPENSSL_cleanse(base, count)
    }
}
