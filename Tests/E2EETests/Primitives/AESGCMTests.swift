import Bytes
import Testing

@testable import E2EE

@Suite struct AESGCMTests {
    private func open(
        _ sealed: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8] = []
    ) -> Result<[UInt8], E2EEError> {
        outcome { (output) throws(E2EEError) in
            var cipher = AESGCM(.opening)
            try cipher.setKey(Secret(key.span))
            try cipher.open(
                sealed.span, nonce: nonce.span, associated: associated.span, into: &output)
        }
    }

    private func seal(
        _ text: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8] = []
    ) -> Result<[UInt8], E2EEError> {
        outcome { (output) throws(E2EEError) in
            var cipher = AESGCM(.sealing)
            try cipher.setKey(Secret(key.span))
            try cipher.seal(
                text.span, nonce: nonce.span, associated: associated.span, into: &output)
        }
    }

    private let nonce = [UInt8](repeating: 3, count: 12)

    @Test func `an empty text has a tag that is checked`() throws {
        var sealed = try seal([], key: ones, nonce: nonce).get()
        #expect(sealed.count == 16)
        #expect(open(sealed, key: ones, nonce: nonce) == .success([]))
        sealed[15] ^= 1
        #expect(open(sealed, key: ones, nonce: nonce) == .failure(.forged))
    }

    @Test func `every single bit counts`() throws {
        let sealed = try seal(Array("text".utf8), key: ones, nonce: nonce).get()
        for bit in 0..<(8 * sealed.count) {
            var altered = sealed
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(open(altered, key: ones, nonce: nonce) == .failure(.forged))
        }
    }

    @Test(arguments: 0..<16)
    func `less than a tag is too short`(count: Int) {
        let sealed = [UInt8](repeating: 0, count: count)
        #expect(open(sealed, key: ones, nonce: nonce) == .failure(.tooShort))
    }

    @Test func `keys and nonces of other sizes are refused`() {
        #expect(seal([1], key: [1, 2], nonce: nonce) == .failure(.engineFailed))
        #expect(seal([1], key: ones, nonce: ones) == .failure(.engineFailed))
    }

    @Test func `a cipher without a key does nothing`() {
        let sealed = outcome { (output) throws(E2EEError) in
            var cipher = AESGCM(.sealing)
            try cipher.seal(ones.span, nonce: nonce.span, into: &output)
        }
        #expect(sealed == .failure(.engineFailed))
    }

    @Test(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
    func `Wycheproof agrees`() throws {
        let tests = Vectors.wycheproof("aes_gcm_test.json").filter {
            $0["keySize"] as? Int == 256 && $0["ivSize"] as? Int == 96
                && $0["tagSize"] as? Int == 128
        }
        #expect(tests.count > 60)
        for test in tests {
            func value(_ name: String) throws -> [UInt8] {
                fromHex(try #require(test[name] as? String))
            }
            let (key, iv, aad) = (try value("key"), try value("iv"), try value("aad"))
            let (text, sealed) = (try value("msg"), try value("ct") + value("tag"))
            let opened = open(sealed, key: key, nonce: iv, associated: aad)
            if test["result"] as? String == "valid" {
                #expect(opened == .success(text), "case \(test["tcId"] ?? 0)")
                let again = seal(text, key: key, nonce: iv, associated: aad)
                #expect(again == .success(sealed), "case \(test["tcId"] ?? 0)")
            } else {
                #expect(opened == .failure(.forged), "case \(test["tcId"] ?? 0)")
            }
        }
    }
}
