public import Bytes

/// One sealed text: lower-case hex of
/// ephemeral public key (65: 04 | X | Y) | nonce (12) | ciphertext (n) | tag (16).
///
/// Source: SEC 1, RFC 5869, NIST SP 800-38D. The key derivation is described at `KeyAgreement`;
/// there is no associated data. Sealing to a bare key is for the enclave's side and for tests: a
/// client seals through a `Sealer`, which takes verified keys only.
public enum Envelope {
    /// An envelope around an empty text.
    public static let byteCountMin = 93
    public static let digitCountMin = 186

    static let pointRange = 0..<PublicKey.byteCount
    static let nonceRange =
        pointRange.upperBound..<(pointRange.upperBound + AESGCM.nonceByteCount)

    /// Appends the envelope of `text` to `output`, under a fresh ephemeral key and nonce.
    /// - `output`: gains 186 digits and two for every byte of `text`, or nothing when this throws.
    /// - Throws: `.noEntropy`, `.engineFailed`.
    /// - Cost: two scalar multiplications, about 70 µs.
    public static func seal<E: Entropy>(
        _ text: Span<UInt8>, to key: PublicKey, from entropy: inout E, into output: inout Buffer
    ) throws(E2EEError) {
        var sealer = try Sealer(to: key, profile: .venice, from: PrivateKey(from: &entropy))
        try sealer.seal(text, entropy: &entropy, into: &output)
    }

    /// The same with both values given, so that the outcome is known beforehand.
    static func seal(
        _ text: Span<UInt8>, to key: PublicKey, ephemeral: consuming PrivateKey,
        nonce: Span<UInt8>, into output: inout Buffer
    ) throws(E2EEError) {
        var sealer = try Sealer(to: key, profile: .venice, from: ephemeral)
        try sealer.seal(text, nonce: nonce, into: &output)
    }

    /// Opens one envelope and appends its plaintext to `output`.
    /// - `digits`: hex of either case, with or without `0x`.
    /// - `output`: gains n bytes, or nothing when this throws.
    /// - Throws: `.notHex`; `.tooShort` under 93 bytes; `.badPoint`; `.forged` if the tag
    ///   disagrees.
    /// - Cost: one scalar multiplication, about 46 µs.
    public static func open(
        _ digits: Span<UInt8>, with key: borrowing PrivateKey, into output: inout Buffer
    ) throws(E2EEError) {
        var scratch = Buffer()
        try decode(digits, into: &scratch)
        var agreement = KeyAgreement(.venice)
        var cipher = AESGCM(.opening)
        try agree(on: &cipher, over: scratch, with: key, &agreement)
        try open(scratch, with: &cipher, into: &output)
    }

    /// Appends the bytes that `digits` spell to `output`, at least `byteCountMin` of them.
    static func decode(_ digits: Span<UInt8>, into output: inout Buffer) throws(E2EEError) {
        let before = output.count
        do {
            try Hex.decode(Hex.withoutPrefix(digits), to: &output)
        } catch {
            throw .notHex
        }
        guard output.count - before >= byteCountMin else {
            output.truncate(to: before)
            throw .tooShort
        }
    }
}

/// The steps over decoded envelopes: at least `byteCountMin` bytes each.
extension Envelope {
    static func point(of sealed: borrowing Buffer, equals point: borrowing Buffer) -> Bool {
        sealed.readable.extracting(pointRange).equals(point.readable)
    }

    static func copyPoint(of sealed: borrowing Buffer, to output: inout Buffer) {
        output.append(sealed.readable.extracting(pointRange))
    }

    /// Gives `cipher` the key that `own` and the envelope's point agree on.
    static func agree(
        on cipher: inout AESGCM, over sealed: borrowing Buffer, with own: borrowing PrivateKey,
        _ agreement: inout KeyAgreement
    ) throws(E2EEError) {
        try agreement.key(
            &cipher, with: own, and: sealed.readable.extracting(pointRange))
    }

    /// Appends the plaintext to `output`, or nothing when this throws.
    static func open(
        _ sealed: borrowing Buffer, with cipher: inout AESGCM, into output: inout Buffer
    ) throws(E2EEError) {
        let bytes = sealed.readable
        try cipher.open(
            bytes.extracting(nonceRange.upperBound..<bytes.count),
            nonce: bytes.extracting(nonceRange), into: &output)
    }
}
