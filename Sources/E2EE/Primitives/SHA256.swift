import COpenSSL

/// A running hash that allocates nothing after it was made; its state is wiped with its owner.
/// Source: FIPS 180-4.
@safe struct SHA256: ~Copyable {
    static let digestByteCount = 32

    private let state: UnsafeMutablePointer<SHA256_CTX>
    /// False once the library refused anything; what was hashed since is then worthless.
    private(set) var isSound: Bool

    init() {
        unsafe state = UnsafeMutablePointer<SHA256_CTX>.allocate(capacity: 1)
        unsafe state.initialize(to: SHA256_CTX())
        isSound = unsafe cssl_sha256_begin(state) == 1
    }

    deinit {
        unsafe OPENSSL_cleanse(state, MemoryLayout<SHA256_CTX>.size)
        unsafe state.deallocate()
    }

    mutating func begin() {
        isSound = unsafe cssl_sha256_begin(state) == 1 && isSound
    }

    mutating func update(_ bytes: Span<UInt8>) {
        let state = unsafe state
        let isDone = unsafe bytes.withUnsafeBytes {
            unsafe $0.isEmpty || cssl_sha256_update(state, $0.baseAddress, $0.count) == 1
        }
        isSound = isSound && isDone
    }

    mutating func update(_ secret: borrowing Secret) {
        update(secret.bytes)
    }

    /// Ends the hash and writes its 32 bytes to `digest`.
    mutating func end(into digest: inout Secret) {
        precondition(digest.count == Self.digestByteCount, "a digest has 32 bytes")
        let state = unsafe state
        var bytes = digest.mutableBytes
        let isDone = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe cssl_sha256_end(state, $0.baseAddress) == 1
        }
        isSound = isSound && isDone
    }
}
