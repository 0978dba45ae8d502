import Bytes
import Simulator
import Testing

@testable import E2EE

@Suite struct KeyCustodyTests {
    private static let app = [UInt8](repeating: 7, count: 20)
    private static let key = publicKey(of: ones)
    private static let identity = publicKey(of: twos)
    private static let json = SimulatedKMS.root.custody(of: key, identity: identity, app: app)

    private func root(
        _ json: String = json, of key: PublicKey = key, app: [UInt8] = app
    ) -> Result<[UInt8], AttestationError> {
        do throws(AttestationError) {
            let custody = try KeyCustody(bytes(json).span)
            return .success(try custody.root(of: key, app: app))
        } catch {
            return .failure(error)
        }
    }

    private func signer(_ signature: [UInt8], _ digest: [UInt8]) -> PublicKey? {
        Secp256k1.signer(signature.span, of: digest.span)
    }

    private func isSigned(_ signature: [UInt8], _ digest: [UInt8], by key: PublicKey) -> Bool {
        Secp256k1.verifies(signature.span, of: digest.span, by: key)
    }

    @Test func `the chain leads to the root of who made the key`() throws {
        #expect(try root().get() == SimulatedKMS.root.publicKey.compressed)
        let other = SimulatedKMS.other.custody(of: Self.key, identity: Self.identity, app: Self.app)
        #expect(try root(other).get() == SimulatedKMS.other.publicKey.compressed)
    }

    @Test func `for another app it leads elsewhere`() {
        let other = [UInt8](repeating: 8, count: 20)
        #expect(root(app: other) != .success(SimulatedKMS.root.publicKey.compressed))
    }

    @Test func `a key that is not covered, or for another purpose, has no chain`() {
        let stranger = publicKey(of: [UInt8](repeating: 3, count: 32))
        #expect(root(of: stranger) == .failure(.custodyMissing))
        #expect(root(of: Self.identity) == .failure(.custodyMissing))
        #expect(root(#"{"keys":[]}"#) == .failure(.custodyMissing))
    }

    @Test func `all keys lead to one root`() {
        let changed = Self.json.replacing("aci.identity.v1", with: "aci.identity.v2")
        guard case .failure(let error) = root(changed) else {
            Issue.record("another purpose was signed")
            return
        }
        #expect([.custodyMismatch, .custodyMalformed].contains(error))
    }

    @Test(arguments: [
        ("keys", "kezs"), ("purpose", "purposf"), ("public_key", "public_kez"),
        ("signature_chain\":[\"", "signature_chain\":[\"0"),
        ("signature_chain\":[\"", "signature_chain\":[\"00\",\""), ("algo", "algp"),
        ("signature_chain\":[", "signature_chain\":[0,"), ("{\"provider", "[{\"provider"),
    ])
    func `what is no custody is refused`(text: String, other: String) {
        #expect(root(Self.json.replacing(text, with: other)) == .failure(.custodyMalformed))
    }

    @Test func `a custody has an end`() {
        let entries = [String](repeating: #"{"algo":"ed25519"}"#, count: KeyCustody.entryCountMax)
        let full = entries.joined(separator: ",")
        #expect(root("{\"keys\":[\(full)]}") == .failure(.custodyMissing))
        #expect(root("{\"keys\":[\(full),{\"algo\":\"x\"}]}") == .failure(.custodyMalformed))
        let long = String(repeating: "p", count: KeyCustody.purposeByteCountMax + 1)
        let changed = Self.json.replacing("aci.e2ee.v1", with: long)
        #expect(root(changed) == .failure(.custodyMalformed))
    }

    @Test func `a signature's last byte is 0 to 3, or 27 to 30`() throws {
        let digest = [UInt8](repeating: 9, count: 32)
        let scalar = ones
        let key = try PrivateKey(scalar.span)
        let own = key.publicKey
        var signature = try key.signature(of: digest)
        #expect(signer(signature, digest) == own)
        let plain = Array(signature.prefix(64))
        #expect(isSigned(plain, digest, by: own))
        #expect(!isSigned(plain, digest, by: Self.identity))
        #expect(!isSigned(signature, digest, by: own))
        signature[64] += 27
        #expect(signer(signature, digest) == own)
        for last in [4, 26, 31, 255] as [UInt8] {
            signature[64] = last
            #expect(signer(signature, digest) == nil)
        }
        let zeros = [UInt8](repeating: 0, count: 65)
        #expect(signer(zeros, digest) == nil)
        #expect(signer(plain, digest) == nil)
        #expect(signer(signature, plain) == nil)
    }

    @Test(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
    func `signatures are judged as Wycheproof has them judged`() throws {
        let tests = Vectors.wycheproof("ecdsa_secp256k1_sha256_test.json")
        var validCount = 0
        for test in tests {
            let named = try #require(test["publicKey"] as? [String: Any])
            let hex = bytes(try #require(named["uncompressed"] as? String))
            let key = try PublicKey(hex: hex.span)
            let message = fromHex(try #require(test["msg"] as? String))
            // The spelling in DER is not judged here.
            guard let signature = plain(fromHex(try #require(test["sig"] as? String))) else {
                continue
            }
            let digest = try Digest.sha256(message.span)
            let isValid = test["result"] as? String == "valid"
            if isValid { validCount += 1 }
            #expect(isSigned(signature, digest, by: key) == isValid, "\(test["tcId"] ?? "")")
        }
        #expect(validCount > 100)
    }

    /// r | s of a signature in DER; nil of one that is not spelled in the one way there is.
    private func plain(_ der: [UInt8]) -> [UInt8]? {
        guard der.count > 8, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
        var rest = der[2...]
        var numbers: [UInt8] = []
        for _ in 0..<2 {
            guard rest.count > 2, rest.removeFirst() == 2, let count = rest.popFirst(),
                1...33 ~= count, rest.count >= Int(count)
            else { return nil }
            var number = Array(rest.prefix(Int(count)))
            rest = rest.dropFirst(Int(count))
            guard number[0] < 0x80 else { return nil }
            if number[0] == 0, number.count > 1 {
                guard number[1] >= 0x80 else { return nil }
                number.removeFirst()
            }
            guard number.count <= 32 else { return nil }
            numbers += [UInt8](repeating: 0, count: 32 - number.count) + number
        }
        return rest.isEmpty ? numbers : nil
    }
}
