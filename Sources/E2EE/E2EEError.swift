/// Why a text was not sealed or opened. No case carries bytes: neither keys nor texts can leak
/// here.
public enum E2EEError: Error, Equatable, Sendable {
    /// The digits are not an even number of hexadecimal characters.
    case notHex
    /// Fewer bytes than the shortest envelope has.
    case tooShort
    /// The bytes are not an uncompressed point of the curve.
    case badPoint
    /// The tag disagrees: the envelope was altered, or sealed to another key.
    case forged
    /// This envelope was opened before in the same reply.
    case repeated
    /// A private key is not 32 bytes that spell a number from 1 to the curve's order less one.
    case badPrivateKey
    /// The random generator gave nothing, or nothing usable.
    case noEntropy
    /// The cryptographic library refused valid arguments, as it does when memory runs out.
    case engineFailed
}
