import Bytes
import Foundation
import Testing

@testable import E2EE

@Suite struct Secp256k1Tests {
    private func agree(_ scalar: [UInt8], _ point: [UInt8]) -> Result<[UInt8], E2EEError> {
        var x = Secret(count: 32)
        do throws(E2EEError) {
            try Secp256k1.agree(scalar.span, with: point.span, into: &x)
        } catch {
            return .failure(error)
        }
        return .success(x.bytes.array)
    }

    @Test func `both sides agree on the same X`() {
        let (left, right) = (publicKey(of: ones), publicKey(of: twos))
        let shared = agree(ones, right.bytes)
        #expect(shared == agree(twos, left.bytes))
        #expect(
            shared.map(toHex)
                == .success("77e0510d5042e2f5e9e59c977b81eeed590cf7d20c1c51da451a8eaa9fdc45ff"))
    }

    @Test func `an X with a leading zero keeps its 32 bytes`() {
        let scalar = [UInt8](repeating: 0, count: 31) + [109]
        #expect(
            agree(scalar, publicKey(of: ones).bytes).map(toHex)
                == .success("00efae9a3fc389777e80930d4a03c2be45ffc346f422041c0ed79b7d9fb5e13d"))
    }

    @Test func `zero and the order are no scalars`() {
        let point = publicKey(of: ones).bytes
        let zero = [UInt8](repeating: 0, count: 32)
        let order = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
        #expect(agree(zero, point) == .failure(.badPrivateKey))
        #expect(agree(order, point) == .failure(.badPrivateKey))
        #expect(agree([1], point) == .failure(.badPrivateKey))
    }

    @Test(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
    func `Wycheproof agrees on keys in DER`() throws {
        let tests = Vectors.wycheproof("ecdh_secp256k1_test.json")
        #expect(tests.count == 752)
        for test in tests {
            let point = point(ofDER: fromHex(try #require(test["public"] as? String)))
            let scalar = padded(fromHex(try #require(test["private"] as? String)))
            let shared = fromHex(try #require(test["shared"] as? String))
            check(test, point.map { agree(scalar, $0) } ?? .failure(.badPoint), shared)
        }
    }

    @Test(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
    func `Wycheproof agrees on keys in JWK`() throws {
        let tests = Vectors.wycheproof("ecdh_secp256k1_webcrypto_test.json")
        #expect(tests.count == 496)
        for test in tests {
            let key = try #require(test["public"] as? [String: String])
            let own = try #require(test["private"] as? [String: String])
            let shared = fromHex(try #require(test["shared"] as? String))
            guard key["crv"] == "P-256K" else {
                check(test, .failure(.badPoint), shared)
                continue
            }
            let point = try [0x04] + base64(key["x"]) + base64(key["y"])
            check(test, agree(padded(try base64(own["d"])), point), shared)
        }
    }

    /// Valid cases agree; invalid ones are refused; acceptable ones do either.
    private func check(
        _ test: [String: Any], _ outcome: Result<[UInt8], E2EEError>, _ shared: [UInt8]
    ) {
        let isRefused = outcome == .failure(.badPoint)
        switch test["result"] as? String {
        case "valid": #expect(outcome == .success(shared), "case \(test["tcId"] ?? 0)")
        case "acceptable":
            #expect(outcome == .success(shared) || isRefused, "case \(test["tcId"] ?? 0)")
        default: #expect(isRefused, "case \(test["tcId"] ?? 0)")
        }
    }

    /// The point in a SubjectPublicKeyInfo that names the curve and is spelled the one usual way.
    private func point(ofDER bytes: [UInt8]) -> [UInt8]? {
        let prefix = fromHex("3056301006072a8648ce3d020106052b8104000a034200")
        guard bytes.starts(with: prefix) else { return nil }
        return Array(bytes.dropFirst(prefix.count))
    }

    private func padded(_ scalar: [UInt8]) -> [UInt8] {
        let digits = Array(scalar.drop { $0 == 0 })
        return [UInt8](repeating: 0, count: max(0, 32 - digits.count)) + digits
    }

    private func base64(_ text: String?) throws -> [UInt8] {
        var output = Buffer()
        try Base64.decode(Array(try #require(text).utf8).span, to: &output)
        return output.readable.array
    }
}
