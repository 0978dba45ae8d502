import Simulator
import Testing
import TestSupport

@testable import E2EE

@Suite struct GPUEvidenceTests {
    private func refusal(_ json: String) -> AttestationError? {
        do throws(AttestationError) {
            _ = try GPUEvidence(Array(json.utf8).span)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "", "omitted", "[]", "{}", "null", #"{"evidence_list":{}}"#, #"{"evidence_list":[1]}"#,
        #"{"evidence_list":[[]]}"#, #"{"evidence_list":[],"evidence_list":[]}"#,
        #"{"evidence_list":[]} "# + "x", #"{"evidence_list":"[]"}"#,
    ])
    func `a payload that cannot be read is refused`(json: String) {
        #expect(refusal(json) == .gpuPayloadMalformed)
    }

    @Test func `there is a limit to devices and to bytes`() throws {
        let most = Array(repeating: "{}", count: 64)
        #expect(refusal(SimulatedGPUHost.payload(nonce: "", most)) == nil)
        #expect(refusal(SimulatedGPUHost.payload(nonce: "", most + ["{}"])) == .gpuPayloadMalformed)
        let space = String(repeating: " ", count: GPUEvidence.byteCountMax)
        #expect(refusal(#"{"evidence_list":[]}"# + space) == .gpuPayloadMalformed)
    }

    @Test(arguments: [
        "{}", #"{"certificate":1,"evidence":2}"#, #"{"certificate":"!","evidence":"!"}"#,
        #"{"certificate":"","evidence":""}"#,
    ])
    func `an entry without bytes is a device that fails`(entry: String) throws {
        let json = SimulatedGPUHost.payload(nonce: GPUSample.nonce.hex, [entry])
        let verdict = try GPUSample.verdict(json)
        #expect(verdict.failure == .gpuEvidenceMalformed)
        #expect(verdict.devices.count == 1)
    }

    @Test func `no devices are no evidence`() throws {
        let verdict = try GPUSample.verdict(
            SimulatedGPUHost.payload(nonce: GPUSample.nonce.hex, []))
        #expect(verdict.failure == .gpuEvidenceMissing)
        #expect(!verdict.isAccepted)
    }

    @Test func `a payload cut anywhere is refused`() throws {
        let json = Array(try GPUSample.payload().utf8)
        for count in stride(from: 0, to: json.count, by: 97) {
            let prefix = String(decoding: json.prefix(count), as: UTF8.self)
            #expect(refusal(prefix) == .gpuPayloadMalformed)
        }
    }

    @Test func `random changes never pass and never trap`() throws {
        let json = Array(try GPUSample.payload().utf8)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var changed = json
            let offset = Int.random(in: 0..<json.count, using: &random)
            changed[offset] = UInt8.random(in: 0...255, using: &random)
            let text = String(decoding: changed, as: UTF8.self)
            guard changed != json, let verdict = try? GPUSample.verdict(text),
                verdict.isAccepted
            else { continue }
            // Line ends and the base64 of white space inside the armour say the same.
            let before = try GPUEvidence(json.span).devices[0]
            let after = try GPUEvidence(Array(text.utf8).span).devices[0]
            #expect(before.message == after.message, "offset \(offset)")
            let countMax = DeviceChain.certificateCount
            #expect(
                CertificateText.certificates(in: before.chain.span, countMax: countMax)
                    == CertificateText.certificates(in: after.chain.span, countMax: countMax))
        }
    }
}
