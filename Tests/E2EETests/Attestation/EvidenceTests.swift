import Bytes
import Testing
import TestSupport

@testable import E2EE

@Suite struct EvidenceTests {
    @Test func `every cut of a reply is no JSON`() {
        var sample = ReplySample()
        sample.quote.signature = [1]
        sample.makeACI(notAfter: "18446744073709551615")
        let json = sample.json
        for count in 0..<json.count {
            guard case .notJSON = verify(Array(json.prefix(count))).refusal else {
                Issue.record("a reply of \(count) bytes was read")
                continue
            }
        }
        #expect(verify(json).refusal == nil)
    }

    @Test(arguments: ["null", "[]", "\"text\"", "1", "true"])
    func `a reply that is no object is refused`(json: String) {
        #expect(verify(bytes(json)).refusal == .notAnObject)
    }

    @Test(arguments: ["", "{", "{}{}", "\u{FEFF}{}", "{\"a\":1,\"a\":2}", "{'a':1}", "{\"a\":01}"])
    func `what is not strictly JSON is refused`(json: String) {
        guard case .notJSON = verify(bytes(json)).refusal else {
            Issue.record("read: \(json)")
            return
        }
    }

    @Test func `altered replies never crash and never bind another key`() {
        var entropy = TestEntropy(seed: 3)
        var sample = ReplySample()
        sample.quote.signature = [1]
        let json = sample.json
        for _ in 0..<3000 {
            var altered = json
            let place = Int(entropy.next() % UInt64(altered.count))
            altered[place] = UInt8(truncatingIfNeeded: entropy.next())
            if case .success(let key) = verify(altered) {
                #expect(key.key == ReplySample.key)
            }
        }
    }

    @Test func `escapes in names and values are resolved`() {
        var sample = ReplySample()
        let echo = sample["nonce"]
        sample["nonce"] = nil
        sample["n\\u006fnce"] = echo
        sample["model"] = "\"e2ee\\u002dmodel\""
        #expect(verify(sample.json).refusal == nil)
    }
}
