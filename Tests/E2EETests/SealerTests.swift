import Bytes
import Testing
import TestSupport

@testable import E2EE

@Suite struct SealerTests {
    private let verified = VerifiedKey(
        model: "model", key: publicKey(of: ones), expiresAt: 1, scope: .gateway)

    private func envelopes(of texts: [String]) throws -> [String] {
        var entropy = SystemEntropy()
        var sealer = try Sealer(to: verified, entropy: &entropy)
        var output: [String] = []
        for text in texts {
            var buffer = Buffer()
            try sealer.seal(bytes(text).span, entropy: &entropy, into: &buffer)
            output.append(buffer.readable.text)
        }
        return output
    }

    @Test func `one request has one sender key and a nonce for every text`() throws {
        let sealed = try envelopes(of: Array(repeating: "text", count: 300))
        #expect(Set(sealed.map { $0.prefix(130) }).count == 1)
        #expect(Set(sealed.map { $0.dropFirst(130).prefix(24) }).count == 300)
    }

    @Test func `two requests never share a key`() throws {
        let keys = try (0..<50).map { _ in try envelopes(of: ["a"])[0].prefix(130) }
        #expect(Set(keys).count == 50)
    }

    @Test func `the enclave opens what was sealed to it`() throws {
        let texts = ["", "a", "héllo 🌍", String(repeating: "long ", count: 5000)]
        for (text, envelope) in zip(texts, try envelopes(of: texts)) {
            #expect(open(envelope, with: ones) == .success(bytes(text)))
        }
    }

    @Test func `envelopes are appended to what is there`() throws {
        var entropy = SystemEntropy()
        var sealer = try Sealer(to: verified, entropy: &entropy)
        var output = Buffer()
        output.append("{")
        try sealer.seal(bytes("a").span, entropy: &entropy, into: &output)
        let digits = output.readable.text
        #expect(digits.utf8.count == 1 + Envelope.digitCountMin + 2)
        #expect(digits.hasPrefix("{04"))
    }

    @Test func `without entropy nothing is sealed`() throws {
        var entropy = SystemEntropy()
        var sealer = try Sealer(to: verified, entropy: &entropy)
        var dry = NoEntropy()
        var output = Buffer()
        #expect(throws: E2EEError.noEntropy) {
            try sealer.seal(ones.span, entropy: &dry, into: &output)
        }
        let isEmpty = output.isEmpty
        #expect(isEmpty)
    }
}
