import Bytes
import CSecp256k1

/// The curve's operations over one process-wide context. Source: SEC 1, SEC 2 section 2.4.1.
enum Secp256k1 {
    static let coordinateByteCount = 32

    /// Safe to share: a context is only read once it was blinded.
    @safe struct Context: @unchecked Sendable {
        let pointer: OpaquePointer

        init() {
            guard let pointer = unsafe secp256k1_context_create(1) else {
                fatalError("out of memory")
            }
            unsafe self.pointer = pointer
            // Blinding only hardens against side channels. Where no entropy is to be had it is left
            // out, and every key drawn later fails with `.noEntropy`.
            var seed = Secret(count: 32)
            var bytes = seed.mutableBytes
            var entropy = SystemEntropy()
            guard (try? entropy.fill(&bytes)) != nil else { return }
            unsafe bytes.withUnsafeMutableBufferPointer {
                _ = unsafe secp256k1_context_randomize(pointer, $0.baseAddress)
            }
        }
    }

    static let context = Context()

    /// Whether 32 bytes spell a number from 1 to the order less one.
    static func isScalar(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count == coordinateByteCount else { return false }
        return unsafe bytes.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return false }
            return unsafe secp256k1_ec_seckey_verify(context.pointer, base) == 1
        }
    }

    /// Whether `bytes` are 04 | X | Y with the point on the curve.
    static func isPoint(_ bytes: Span<UInt8>) -> Bool {
        parse(bytes) != nil
    }

    /// The public key of a valid scalar. Cost: about 25 µs.
    static func publicKey(of scalar: Span<UInt8>) throws(E2EEError) -> PublicKey {
        guard isScalar(scalar) else { throw .badPrivateKey }
        var point = secp256k1_pubkey()
        let isMade = unsafe scalar.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return false }
            return unsafe secp256k1_ec_pubkey_create(context.pointer, &point, base) == 1
        }
        guard isMade else { throw .badPrivateKey }
        var bytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
        var byteCount = bytes.count
        _ = unsafe secp256k1_ec_pubkey_serialize(
            context.pointer, &bytes, &byteCount, &point, UInt32(1 << 1))
        return try PublicKey(bytes.span)
    }

    /// Writes the X coordinate of `scalar` times `point` (04 | X | Y) to `x`, all 32 bytes of it,
    /// leading zeros kept. Cost: about 46 µs.
    /// - Throws: `.badPoint`, `.badPrivateKey`.
    static func agree(
        _ scalar: Span<UInt8>, with point: Span<UInt8>, into x: inout Secret
    ) throws(E2EEError) {
        guard var point = parse(point) else { throw .badPoint }
        guard isScalar(scalar), x.count == coordinateByteCount else { throw .badPrivateKey }
        var output = x.mutableBytes
        let isMade = unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe scalar.withUnsafeBufferPointer { scalar -> Bool in
                guard let output = output.baseAddress, let scalar = scalar.baseAddress else {
                    return false
                }
                let made = unsafe secp256k1_ecdh(
                    context.pointer, output, &point, scalar, keepX, nil)
                return made == 1
            }
        }
        guard isMade else { throw .badPrivateKey }
    }

    /// The library hashes the shared point by default; the envelope wants its X as it is.
    private static var keepX: secp256k1_ecdh_hash_function {
        { output, x, _, _ in
            guard let output = unsafe output, let x = unsafe x else { return 0 }
            unsafe output.update(from: x, count: 32)
            return 1
        }
    }

    static func parse(_ bytes: Span<UInt8>) -> secp256k1_pubkey? {
        // The library reads compressed and hybrid forms too; the wire has neither.
        guard bytes.count == PublicKey.byteCount, bytes[0] == 0x04 else { return nil }
        var point = secp256k1_pubkey()
        let isParsed = unsafe bytes.withUnsafeBufferPointer {
            guard let base = $0.baseAddress else { return false }
            return unsafe secp256k1_ec_pubkey_parse(context.pointer, &point, base, $0.count) == 1
        }
        return isParsed ? point : nil
    }
}
