import COpenSSL

/// A running hash over one reused context. Source: FIPS 180-4.
@safe struct SHA256: ~Copyable {
    static let digestByteCount = 32

    private let context: OpaquePointer
    /// False once the library refused anything; what was hashed since is then worthless.
    private(set) var isSound: Bool

    init() {
        guard let context = unsafe EVP_MD_CTX_new() else { fatalError("out of memory") }
        unsafe self.context = context
        isSound = unsafe EVP_DigestInit_ex2(context, EVP_sha256(), nil) == 1
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    mutating func begin() {
        isSound = unsafe EVP_DigestInit_ex2(context, nil, nil) == 1 && isSound
    }

    mutating func update(_ bytes: Span<UInt8>) {
        let context = unsafe context
        let isDone = unsafe bytes.withUnsafeBytes {
            unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1
        }
        isSound = isSound && isDone
    }

    mutating func update(_ secret: borrowing Secret) {
        update(secret.bytes)
    }

    /// Ends the hash and writes its 32 bytes to `digest`.
    mutating func end(into digest: inout Secret) {
        precondition(digest.count == Self.digestByteCount, "a digest has 32 bytes")
        let context = unsafe context
        var bytes = digest.mutableBytes
        let isDone = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil) == 1
        }
        isSound = isSound && isDone
    }
}
