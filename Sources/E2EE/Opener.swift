public import Bytes

/// Opens the texts of one reply with a key pair made for its request alone.
///
/// Enclaves draw an ephemeral key for every text; while one repeats its key, the agreed key is
/// kept. An envelope is opened once: neither a copy nor its mirror image is opened again.
public struct Opener: ~Copyable {
    private let privateKey: PrivateKey
    private var agreement = KeyAgreement(.venice)
    private var cipher = AESGCM(.opening)
    /// The point that `cipher` is keyed for; empty before the first and after a bad one.
    private var sender = Buffer()
    private var scratch = Buffer()
    private var opened: Set<UInt64> = []

    /// - Throws: `.noEntropy`.
    /// - Cost: one multiplication of the base point, about 25 µs.
    public init<E: Entropy>(entropy: inout E) throws(E2EEError) {
        let key = try PrivateKey(from: &entropy)
        self.init(key)
    }

    init(_ privateKey: consuming PrivateKey) {
        self.privateKey = privateKey
        opened.reserveCapacity(Self.openedCountReserved)
    }

    /// The key to name in the request, which the enclave seals its reply to.
    public var publicKey: PublicKey { privateKey.publicKey }

    /// Opens one envelope and appends its plaintext to `output`.
    /// - `digits`: hex of either case, with or without `0x`.
    /// - `output`: gains n bytes, or nothing when this throws.
    /// - Throws: `.notHex`; `.tooShort` under 93 bytes; `.repeated`; `.badPoint`; `.forged`.
    /// - Cost: one scalar multiplication, about 46 µs; under 1 µs while the sender's key repeats.
    public mutating func open(
        _ digits: Span<UInt8>, into output: inout Buffer
    ) throws(E2EEError) {
        scratch.clear()
        try Envelope.decode(digits, into: &scratch)
        let mark = Self.mark(of: scratch.readable)
        guard !opened.contains(mark) else { throw .repeated }
        try prepareCipher()
        try Envelope.open(scratch, with: &cipher, into: &output)
        opened.insert(mark)
    }

    /// Keys the cipher for the envelope in `scratch`, unless it is already.
    private mutating func prepareCipher() throws(E2EEError) {
        guard !Envelope.point(of: scratch, equals: sender) else { return }
        sender.clear()
        try Envelope.agree(on: &cipher, over: scratch, with: privateKey, &agreement)
        Envelope.copyPoint(of: scratch, to: &sender)
    }

    /// Eight bytes that tell two envelopes of one reply apart: half the tag, mixed with the nonce.
    ///
    /// The ephemeral key is left out on purpose. A point and its mirror image agree on the same
    /// key, so whoever turns the sign of Y gets another envelope of the same text. Among a million
    /// honest envelopes the chance that any two look alike is 3 in 10⁸.
    private static func mark(of sealed: Span<UInt8>) -> UInt64 {
        let nonceStart = Envelope.nonceRange.lowerBound
        let tagStart = sealed.count - AESGCM.tagByteCount
        var mark: UInt64 = 0
        for index in 0..<8 {
            mark = mark << 8 | UInt64(sealed[nonceStart + index] ^ sealed[tagStart + index])
        }
        return mark
    }

    private static let openedCountReserved = 512
}
