import Testing

@testable import E2EE

@Suite struct HKDFTests {
    private func derive(
        _ material: [UInt8], salt: [UInt8], info: [UInt8], byteCount: Int
    ) -> Result<[UInt8], E2EEError> {
        var derivation = HKDF()
        var output = Secret(count: byteCount)
        do throws(E2EEError) {
            try derivation.derive(
                from: Secret(material.span), salt: salt.span, info: info.span, into: &output)
        } catch {
            return .failure(error)
        }
        return .success(output.bytes.array)
    }

    @Test func `the envelope's key follows from the shared X`() {
        let shared = fromHex("77e0510d5042e2f5e9e59c977b81eeed590cf7d20c1c51da451a8eaa9fdc45ff")
        let key = derive(shared, salt: [], info: Array("ecdsa_encryption".utf8), byteCount: 32)
        #expect(
            key.map(toHex)
                == .success("41d8f5155ed5844867b9244accfb74b0dd6baa897e300a70e94a823032f9131f"))
    }

    @Test func `one derivation leaves nothing behind for the next`() throws {
        var derivation = HKDF()
        let salt: [UInt8] = []
        var first = Secret(count: 32)
        try derivation.derive(
            from: Secret(ones.span), salt: salt.span, info: twos.span, into: &first)
        var other = Secret(count: 80)
        let longSalt = [UInt8](repeating: 7, count: 200)
        try derivation.derive(
            from: Secret(twos.span), salt: longSalt.span, info: ones.span, into: &other)
        var again = Secret(count: 32)
        try derivation.derive(
            from: Secret(ones.span), salt: salt.span, info: twos.span, into: &again)
        #expect(first.bytes.array == again.bytes.array)
    }

    @Test(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
    func `Wycheproof agrees`() throws {
        let tests = Vectors.wycheproof("hkdf_sha256_test.json")
        #expect(tests.count == 86)
        for test in tests {
            let result = derive(
                fromHex(try #require(test["ikm"] as? String)),
                salt: fromHex(try #require(test["salt"] as? String)),
                info: fromHex(try #require(test["info"] as? String)),
                byteCount: try #require(test["size"] as? Int))
            if test["result"] as? String == "valid" {
                let expected = fromHex(try #require(test["okm"] as? String))
                #expect(result == .success(expected), "case \(test["tcId"] ?? 0)")
            } else {
                #expect(result == .failure(.engineFailed), "case \(test["tcId"] ?? 0)")
            }
        }
    }
}
