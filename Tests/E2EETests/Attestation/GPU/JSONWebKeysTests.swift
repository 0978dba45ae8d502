import Simulator
import Testing
import TestSupport

@testable import E2EE

@Suite struct JSONWebKeysTests {
    private func refusal(_ json: String) -> AttestationError? {
        do throws(AttestationError) {
            _ = try JSONWebKeys(bytes(json).span)
            return nil
        } catch {
            return error
        }
    }

    private let sound = GPUSample.service.keys

    @Test func `a key is found by its name and by no other`() throws {
        let keys = try JSONWebKeys(bytes(sound).span)
        #expect(keys.count == 1)
        let names = [GPUSample.service.keyIdentifier, "simulated-nras-2", "simulated-nras-", ""]
        let found = names.map { keys.contains(bytes($0).span) }
        #expect(found == [true, false, false, false])
    }

    @Test(arguments: [
        (#""kty":"EC""#, #""kty":"oct""#), (#""kty":"EC""#, #""kty":null"#),
        (#""crv":"P-384""#, #""crv":"P-256""#), (#""crv":"P-384""#, #""crv":1"#),
        (#""kty":"EC""#, #""kty":"EC","use":"enc""#),
        (#""kty":"EC""#, #""kty":"EC","alg":"ES256""#),
    ])
    func `keys of other kinds are passed over`(old: String, new: String) throws {
        let keys = try JSONWebKeys(bytes(sound.replacing(old, with: new)).span)
        #expect(keys.count == 0)
    }

    @Test(arguments: [
        ("\"kid\"", "\"kod\""), ("\"x\"", "\"z\""), ("\"y\"", "\"z\""),
        ("\"y\":\"", "\"y\":\"AAAA"),
        ("\"y\":\"", "\"y\":\"!"), ("[{", "[1,{"), ("\"keys\"", "\"key\""), ("{\"keys\":", ""),
    ])
    func `a malformed set is refused`(old: String, new: String) {
        #expect(refusal(sound.replacing(old, with: new)) == .nrasKeysMalformed)
    }

    @Test func `two keys of one name are refused`() {
        let key = GPUSample.service.key
        #expect(refusal(SimulatedNRAS.keys([("a", key), ("b", key)])) == nil)
        #expect(refusal(SimulatedNRAS.keys([("a", key), ("a", key)])) == .nrasKeysMalformed)
    }

    @Test func `a set cut anywhere is refused`() {
        for count in 0..<sound.utf8.count {
            #expect(refusal(String(sound.prefix(count))) == .nrasKeysMalformed)
        }
    }

    @Test func `a key that is no point verifies nothing`() throws {
        let y = SimulatedToken.base64(Array(GPUSample.service.key.point[49...]))
        let zeros = SimulatedToken.base64([UInt8](repeating: 0, count: 48))
        let keys = bytes(sound.replacing(y, with: zeros))
        #expect(GPUSample.refusal(try GPUSample.answer(), keys: keys) == .nrasKeysMalformed)
    }
}
