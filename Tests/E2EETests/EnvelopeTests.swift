import Bytes
import Testing
import TestSupport

@testable import E2EE

struct EnvelopeCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var expect: String
    var privateKey: [UInt8]
    var envelope: String
    var publicKey: String?
    var plaintext: [UInt8]?
    var ephemeral: [UInt8]?
    var nonce: [UInt8]?

    static let all: [EnvelopeCase] = {
        let cases = Vectors.object("envelope.json")["cases"] as? [[String: String]] ?? []
        return cases.map {
            EnvelopeCase(
                testDescription: $0["name"] ?? "", expect: $0["expect"] ?? "",
                privateKey: fromHex($0["private_key"] ?? ""), envelope: $0["envelope"] ?? "",
                publicKey: $0["public_key"], plaintext: $0["plaintext_hex"].map(fromHex),
                ephemeral: $0["ephemeral_private"].map(fromHex), nonce: $0["nonce"].map(fromHex))
        }
    }()
}

@Suite struct EnvelopeTests {
    @Test(
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)),
        arguments: EnvelopeCase.all)
    func `each vector opens or is refused as it says`(vector: EnvelopeCase) throws {
        let result = open(vector.envelope, with: vector.privateKey)
        switch vector.expect {
        case "opened": #expect(result == .success(try #require(vector.plaintext)))
        case "notHex": #expect(result == .failure(.notHex))
        case "tooShort": #expect(result == .failure(.tooShort))
        case "badPoint": #expect(result == .failure(.badPoint))
        case "forged": #expect(result == .failure(.forged))
        case "badPointOrForged":
            #expect(result == .failure(.badPoint) || result == .failure(.forged))
        default: Issue.record("an expectation nobody knows: \(vector.expect)")
        }
    }

    @Test(
        .enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)),
        arguments: EnvelopeCase.all.filter { $0.ephemeral != nil })
    func `each vector is sealed again to the same digits`(vector: EnvelopeCase) throws {
        let (text, nonce) = (try #require(vector.plaintext), try #require(vector.nonce))
        let (ephemeral, hex) = (try #require(vector.ephemeral), try #require(vector.publicKey))
        let sealed = outcome { (output) throws(E2EEError) in
            try Envelope.seal(
                text.span, to: PublicKey(hex: Array(hex.utf8).span),
                ephemeral: PrivateKey(ephemeral.span), nonce: nonce.span, into: &output)
        }
        let digits = Hex.withoutPrefix(Array(vector.envelope.lowercased().utf8).span).array
        #expect(sealed == .success(digits))
    }

    @Test(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
    func `there are 67 vectors`() {
        #expect(EnvelopeCase.all.count == 67)
        #expect(EnvelopeCase.all.filter { $0.ephemeral != nil }.count >= 45)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000, 1 << 20])
    func `a text of any length comes back`(count: Int) throws {
        let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let envelope = seal(text, to: publicKey(of: ones))
        #expect(envelope.utf8.count == Envelope.digitCountMin + 2 * count)
        #expect(envelope == envelope.lowercased())
        #expect(envelope.hasPrefix("04"))
        #expect(open(envelope, with: ones) == .success(text))
        #expect(open(envelope.uppercased(), with: ones) == .success(text))
        #expect(open("0x" + envelope, with: ones) == .success(text))
        #expect(open(envelope, with: twos) == .failure(.forged))
    }

    @Test func `an empty text opens into a buffer that never held anything`() throws {
        let envelope = Array(seal([], to: publicKey(of: ones)).utf8)
        var output = Buffer()
        try Envelope.open(envelope.span, with: PrivateKey(ones.span), into: &output)
        let isEmpty = output.isEmpty
        #expect(isEmpty)
        var forged = envelope
        forged[185] = forged[185] == 0x30 ? 0x31 : 0x30
        #expect(throws: E2EEError.forged) {
            try Envelope.open(forged.span, with: PrivateKey(ones.span), into: &output)
        }
    }

    @Test func `a thousand envelopes of one text all differ`() {
        let key = publicKey(of: ones)
        let envelopes = (0..<1000).map { _ in seal([0x41], to: key) }
        #expect(Set(envelopes.map { $0.prefix(130) }).count == 1000)
        #expect(Set(envelopes.map { $0.dropFirst(130).prefix(24) }).count == 1000)
    }

    @Test func `every cut is refused`() {
        let envelope = seal(bytes("some text"), to: publicKey(of: ones))
        for count in 0..<envelope.utf8.count {
            let expected: E2EEError =
                !count.isMultiple(of: 2) ? .notHex : count < 186 ? .tooShort : .forged
            #expect(open(String(envelope.prefix(count)), with: ones) == .failure(expected))
        }
    }

    @Test func `every altered bit is refused`() {
        let sealed = fromHex(seal(bytes("abc"), to: publicKey(of: ones)))
        for bit in 0..<(8 * sealed.count) {
            var altered = sealed
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            let expected: [E2EEError] = bit < 8 * 65 ? [.badPoint, .forged] : [.forged]
            let result = open(toHex(altered), with: ones)
            #expect(expected.contains { result == .failure($0) }, "bit \(bit)")
        }
    }

    @Test func `random digits never open and never crash`() {
        var entropy = TestEntropy(seed: 1)
        for _ in 0..<2000 {
            let count = Int(entropy.next() % 400)
            let digits = (0..<count).map { _ in UInt8(truncatingIfNeeded: entropy.next()) }
            let hex =
                entropy.next() % 2 == 0 ? toHex(digits) : String(decoding: digits, as: UTF8.self)
            guard case .failure = open(hex, with: ones) else {
                Issue.record("opened: \(hex)")
                continue
            }
        }
    }

    @Test func `without entropy nothing is sealed`() {
        let key = publicKey(of: ones)
        let sealed = outcome { (output) throws(E2EEError) in
            var dry = NoEntropy()
            try Envelope.seal(ones.span, to: key, from: &dry, into: &output)
        }
        #expect(sealed == .failure(.noEntropy))
    }
}
