import Bytes

/// A keyed hash that allocates nothing after it was made. Source: RFC 2104.
struct HMACSHA256: ~Copyable {
    static let tagByteCount = SHA256.digestByteCount
    private static let blockByteCount = 64
    private static let innerMask: UInt8 = 0x36
    private static let outerMask: UInt8 = 0x5C

    private var hash = SHA256()
    private var block = Secret(count: blockByteCount)
    private var inner = Secret(count: tagByteCount)

    /// Starts a message under `key`, which may have any length and may be empty.
    mutating func begin(key: Span<UInt8>) {
        block.wipe()
        if key.count > Self.blockByteCount {
            hash.begin()
            hash.update(key)
            hash.end(into: &inner)
            Self.copy(inner, to: &block)
        } else {
            var bytes = block.mutableBytes
            for index in 0..<key.count { bytes[index] = key[index] }
        }
        Self.turn(&block, by: Self.innerMask)
        hash.begin()
        hash.update(block)
    }

    mutating func begin(key: borrowing Secret) {
        begin(key: key.bytes)
    }

    mutating func update(_ bytes: Span<UInt8>) {
        hash.update(bytes)
    }

    mutating func update(_ secret: borrowing Secret) {
        hash.update(secret)
    }

    /// Ends the message and writes its 32 bytes to `tag`.
    /// - Throws: `.engineFailed`; the tag is then all zero.
    mutating func end(into tag: inout Secret) throws(E2EEError) {
        hash.end(into: &inner)
        Self.turn(&block, by: Self.innerMask ^ Self.outerMask)
        hash.begin()
        hash.update(block)
        hash.update(inner)
        hash.end(into: &tag)
        block.wipe()
        inner.wipe()
        guard hash.isSound else {
            tag.wipe()
            throw .engineFailed
        }
    }

    private static func copy(_ secret: borrowing Secret, to block: inout Secret) {
        let from = secret.bytes
        var to = block.mutableBytes
        for index in 0..<from.count { to[index] = from[index] }
    }

    private static func turn(_ block: inout Secret, by mask: UInt8) {
        var bytes = block.mutableBytes
        for index in 0..<bytes.count { bytes[index] ^= mask }
    }
}
