import Bytes
@testable import E2EE

/// The bytes that `hex` spells; a test's own mistake stops it.
func fromHex(_ hex: String) -> [UInt8] {
    guard let bytes = Hex.bytes(Array(hex.utf8).span) else { fatalError("not hex: \(hex)") }
    return bytes
}

func toHex(_ bytes: [UInt8]) -> String { Hex.string(bytes.span) }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<(Number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number >> Number(8 * $0)) }
}

func base64(_ bytes: [UInt8]) -> String {
    var output = Buffer()
    Base64.encode(bytes.span, to: &output)
    return output.readable.text
}

func fromBase64(_ text: String) -> [UInt8] {
    var output = Buffer()
    try? Base64.decode(text.utf8Span.span, to: &output)
    return output.readable.array
}

/// The text as a JSON string, with its quotes.
func jsonString(_ text: [UInt8]) -> String {
    var output = Buffer()
    output.append(jsonString: text.span)
    return output.readable.text
}

/// What a decoding into a fresh buffer gives; a failure must leave the buffer as it was.
func outcome(
    _ body: (inout Buffer) throws(E2EEError) -> Void
) -> Result<[UInt8], E2EEError> {
    var output = Buffer()
    output.append("before")
    do throws(E2EEError) {
        try body(&output)
        return .success(Array(output.readable.array.dropFirst(6)))
    } catch {
        let isUntouched = output.readable.equals("before")
        precondition(isUntouched, "a refusal left bytes behind")
        return .failure(error)
    }
}

func open(_ envelope: String, with privateKey: [UInt8]) -> Result<[UInt8], E2EEError> {
    outcome { (output) throws(E2EEError) in
        let key = try PrivateKey(privateKey.span)
        try Envelope.open(Array(envelope.utf8).span, with: key, into: &output)
    }
}

func publicKey(of privateKey: [UInt8]) -> PublicKey {
    guard let key = try? PrivateKey(privateKey.span).publicKey else {
        fatalError("not a private key")
    }
    return key
}

func seal(_ text: [UInt8], to key: PublicKey) -> String {
    var entropy = SystemEntropy()
    var output = Buffer()
    guard (try? Envelope.seal(text.span, to: key, from: &entropy, into: &output)) != nil else {
        fatalError("sealing failed")
    }
    return output.readable.text
}

/// The two private keys that most tests use.
var ones: [UInt8] { [UInt8](repeating: 0x11, count: 32) }
var twos: [UInt8] { [UInt8](repeating: 0x22, count: 32) }
