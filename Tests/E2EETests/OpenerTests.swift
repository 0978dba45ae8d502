import Bytes
import Testing
import TestSupport

@testable import E2EE

/// One opener and what it has done so far.
private struct Reply: ~Copyable {
    var opener: Opener

    init() throws {
        opener = try Opener(PrivateKey(ones.span))
    }

    mutating func open(_ envelope: String) -> Result<[UInt8], E2EEError> {
        outcome { (output) throws(E2EEError) in
            try opener.open(Array(envelope.utf8).span, into: &output)
        }
    }
}

@Suite struct OpenerTests {
    private func seal(_ texts: [String], from sender: [UInt8]) throws -> [String] {
        var entropy = SystemEntropy()
        var sealer = try Sealer(
            to: publicKey(of: ones), profile: .venice, from: PrivateKey(sender.span))
        return try texts.map { text in
            var output = Buffer()
            try sealer.seal(bytes(text).span, entropy: &entropy, into: &output)
            return output.readable.text
        }
    }

    @Test func `every request has its own key`() throws {
        var entropy = SystemEntropy()
        let first = try Opener(entropy: &entropy).publicKey
        let second = try Opener(entropy: &entropy).publicKey
        #expect(first != second)
    }

    @Test func `texts from fresh senders open one after another`() throws {
        var reply = try Reply()
        for number in 0..<50 {
            let envelope = E2EETests.seal(bytes("token \(number)"), to: publicKey(of: ones))
            let opened = reply.open(envelope)
            #expect(opened == .success(bytes("token \(number)")))
        }
    }

    @Test func `texts from senders who repeat their keys open in any order`() throws {
        var reply = try Reply()
        let left = try seal(["a", "b", "c", ""], from: twos)
        let right = try seal(["x", "y", "z", ""], from: [UInt8](repeating: 0x33, count: 32))
        let order = [left[0], left[1], right[0], left[2], right[1], right[2], left[3], right[3]]
        let texts = ["a", "b", "x", "c", "y", "z", "", ""]
        for (envelope, text) in zip(order, texts) {
            let opened = reply.open(envelope)
            #expect(opened == .success(bytes(text)))
        }
    }

    @Test func `an envelope opens once`() throws {
        var reply = try Reply()
        let envelopes = try seal(["a", "b"], from: twos)
        let outcomes = [
            reply.open(envelopes[0]), reply.open(envelopes[1]), reply.open(envelopes[0]),
            reply.open(envelopes[1].uppercased()), reply.open("0x" + envelopes[0]),
        ]
        #expect(outcomes[..<2] == [.success(bytes("a")), .success(bytes("b"))])
        #expect(outcomes[2...] == [.failure(.repeated), .failure(.repeated), .failure(.repeated)])
    }

    @Test func `the mirror image of an opened envelope is a repetition`() throws {
        var reply = try Reply()
        let envelope = try seal(["a"], from: twos)[0]
        var sealed = fromHex(envelope)
        sealed.replaceSubrange(33..<65, with: negated(Array(sealed[33..<65])))
        #expect(E2EETests.open(toHex(sealed), with: ones) == .success(bytes("a")))
        let (first, mirrored) = (reply.open(envelope), reply.open(toHex(sealed)))
        #expect(first == .success(bytes("a")))
        #expect(mirrored == .failure(.repeated))
    }

    @Test func `a refused envelope does not spoil the next`() throws {
        var reply = try Reply()
        let envelopes = try seal(["a", "b", "c"], from: twos)
        var forged = fromHex(envelopes[0])
        forged[80] ^= 1
        var badPoint = fromHex(envelopes[1])
        badPoint[64] ^= 1
        let outcomes = [
            reply.open(toHex(forged)), reply.open(envelopes[0]), reply.open(toHex(badPoint)),
            reply.open(envelopes[1]), reply.open("zz"), reply.open(""), reply.open(envelopes[2]),
        ]
        #expect(
            outcomes == [
                .failure(.forged), .success(bytes("a")), .failure(.badPoint),
                .success(bytes("b")), .failure(.notHex), .failure(.tooShort),
                .success(bytes("c")),
            ])
    }

    @Test func `a text for another request does not open`() throws {
        var reply = try Reply()
        let envelope = E2EETests.seal(bytes("a"), to: publicKey(of: twos))
        let opened = reply.open(envelope)
        #expect(opened == .failure(.forged))
    }

    /// The prime of the field less `y`.
    private func negated(_ y: [UInt8]) -> [UInt8] {
        let prime = fromHex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f")
        var result = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(prime[index]) - Int(y[index]) - borrow
            borrow = difference < 0 ? 1 : 0
            result[index] = UInt8(difference + 256 * borrow)
        }
        return result
    }
}
