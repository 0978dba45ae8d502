import Bytes
import Foundation
import Testing

@testable import E2EE

/// Evidence of real devices and real tokens, and what another verifier says of them.
@Suite(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
struct GenuineGPUTests {
    private static var expected: [String: Any] { Vectors.object("nvidia/expected.json") }
    private static var captures: [String: [String: Any]] {
        expected["captures"] as? [String: [String: Any]] ?? [:]
    }

    /// Every payload in a captured reply, in the order in which the expectations have them.
    private static func payloads(of name: String) throws -> [[UInt8]] {
        let reply = Vectors.object("tdx/providers/\(name)/attestation.json")
        let models = reply["model_attestations"] as? [[String: Any]] ?? []
        let all = reply["all_attestations"] as? [[String: Any]] ?? []
        var payloads: [[UInt8]] = []
        for member in [reply] + models + all {
            if let text = member["nvidia_payload"] as? String { payloads.append(Array(text.utf8)) }
            if let list = member["gpu_evidence"] as? [Any] {
                payloads.append(try payload(list))
            }
        }
        return payloads
    }

    private static func payload(_ entries: [Any], nonce: String = "") throws -> [UInt8] {
        let object: [String: Any] = ["nonce": nonce, "evidence_list": entries]
        return Array(try JSONSerialization.data(withJSONObject: object))
    }

    /// Judges each device by the nonce that it signed, and compares all that is expected.
    @discardableResult
    private static func check(_ payload: [UInt8], _ rows: [[String: Any]]) throws -> Int {
        let evidence = try GPUEvidence(payload.span)
        try #require(evidence.deviceCount == rows.count)
        for (device, row) in zip(evidence.devices, rows) {
            let message = device.message
            let parts = try SPDMMeasurements(message.span)
            let signedNonce = Hex.string(message.span.extracting(parts.nonce))
            let nonce = try #require(AttestationNonce(hex: signedNonce))
            #expect(nonce.hex == row["nonce"] as? String)
            #expect(parts.blockCount == row["nmeas"] as? Int)
            #expect(message.count == row["len"] as? Int)
            let verdict = GPUVerifier().verdict(
                on: GPUEvidence(nonce: nonce, devices: [device]), nonce: nonce, at: 1_780_000_000)
            #expect(verdict.failure == nil)
            // Switches have no driver, and spell their VBIOS version in text.
            let isSwitch = verdict.devices[0].chip == "LS_10"
            let driver = isSwitch ? nil : row["driver"] as? String
            let vbios = isSwitch ? "96.10.73.00.01" : row["vbios"] as? String
            #expect(verdict.devices[0].driverVersion == driver)
            #expect(verdict.devices[0].vbiosVersion == vbios)
            let name = (row["chain_cns"] as? [String])?.first
            #expect(verdict.devices[0].chip == name?.split(separator: " ").first.map(String.init))
        }
        return rows.count
    }

    @Test func `the root is the one that NVIDIA publishes`() throws {
        let der = NVIDIARoot.der
        let digest = try Digest.sha256(der.span)
        let sha256 = "102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48"
        #expect(toHex(digest) == sha256)
        let pem = try #require(Vectors.bytes("nvidia/nvtrust/verifier_device_root.pem"))
        let published = CertificateText.certificates(in: pem.span, countMax: 1)
        #expect(published == [der])
    }

    @Test func `every captured device is genuine`() throws {
        var count = 0
        for (name, capture) in Self.captures {
            let rows = capture["gpu"] as? [[String: Any]] ?? []
            var start = 0
            for payload in try Self.payloads(of: name) {
                let deviceCount = try GPUEvidence(payload.span).deviceCount
                let end = start + deviceCount
                try #require(end <= rows.count, "\(name)")
                count += try Self.check(payload, Array(rows[start..<end]))
                start = end
            }
        }
        #expect(count == 96)
    }

    @Test(arguments: [
        "venice-20260424-015841", "nearcloud-20260424-020614", "nearcloud-20260629-020657",
        "neardirect-20260424-021037", "neardirect-20260629-020637",
    ])
    func `captured payloads answer the client's nonce and no other`(name: String) throws {
        let capture = Vectors.object("tdx/providers/\(name)/capture.json")
        let nonce = try #require(
            AttestationNonce(hex: capture["client_nonce_hex"] as? String ?? ""))
        let now = try #require(capture["captured_at_unix"] as? Int)
        let payload = try #require(try Self.payloads(of: name).first)
        let evidence = try GPUEvidence(payload.span)
        let verdict = GPUVerifier().verdict(on: evidence, nonce: nonce, at: now)
        #expect(verdict.isAccepted)
        #expect(verdict.devices.count == 8)
        let other = GPUVerifier().verdict(on: evidence, nonce: ReplySample.nonce, at: now)
        #expect(other.failure == .gpuNonceMismatch)
        #expect(other.devices.allSatisfy { $0.failure == .gpuNonceMismatch })
        // Evidence of this capture under the nonce of another question.
        let spliced = GPUEvidence(nonce: ReplySample.nonce, devices: evidence.devices)
        let splice = GPUVerifier().verdict(on: spliced, nonce: ReplySample.nonce, at: now)
        #expect(splice.failure == .gpuNonceMismatch)
    }

    @Test func `devices that signed for somebody else's nonce are refused`() throws {
        let name = "phalacloud-20260610-014917"
        let capture = Vectors.object("tdx/providers/\(name)/capture.json")
        let hex = try #require(capture["client_nonce_hex"] as? String)
        let nonce = try #require(AttestationNonce(hex: hex))
        for payload in try Self.payloads(of: name) {
            var evidence = try GPUEvidence(payload.span)
            evidence = GPUEvidence(nonce: nonce, devices: evidence.devices)
            let verdict = GPUVerifier().verdict(on: evidence, nonce: nonce, at: 1_781_056_157)
            #expect(verdict.failure == .gpuNonceMismatch)
        }
    }

    @Test func `a certificate of another GPU does not fit`() throws {
        let payload = try #require(try Self.payloads(of: "venice-20260424-015841").first)
        let evidence = try GPUEvidence(payload.span)
        let nonce = try #require(evidence.nonce)
        let mixed = GPUEvidence.Device(
            chain: evidence.devices[1].chain, message: evidence.devices[0].message)
        let verdict = GPUVerifier().verdict(
            on: GPUEvidence(nonce: nonce, devices: [mixed]), nonce: nonce, at: 1_780_000_000)
        #expect(verdict.failure == .gpuSignature)
    }

    @Test func `samples of NVIDIA's own are genuine, switches included`() throws {
        let samples = try #require(Self.expected["nvtrust"] as? [String: Any])
        for name in ["ppcie_gpu_evidence.json", "ppcie_switch_evidence.json"] {
            let file = try #require(Vectors.bytes("nvidia/nvtrust/\(name)"))
            let list = try JSONSerialization.jsonObject(with: Data(file)) as? [Any]
            let rows = try #require(samples[name] as? [[String: Any]])
            try Self.check(try Self.payload(list ?? []), rows)
        }
        let capture = Vectors.object(
            "nvidia/captures/tinfoil-v3-direct-20260629-021304.gpu.json")
        let rows = try #require(
            Self.captures["tinfoil-v3-direct-20260629-021304"]?["gpu"] as? [[String: Any]])
        try Self.check(try Self.payload(capture["evidences"] as? [Any] ?? []), rows)
    }

    @Test func `the sample of a report is genuine`() throws {
        let hex = try #require(Vectors.bytes("nvidia/nvtrust/hopperAttestationReport.txt"))
        let chain = try #require(Vectors.bytes("nvidia/nvtrust/hopperCertChain.txt"))
        let digits = hex.filter { !$0.isSpace }
        let message = fromHex(String(decoding: digits, as: UTF8.self))
        let nonce = try #require(
            AttestationNonce(
                hex: "931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb"))
        let evidence = GPUEvidence(
            nonce: nonce, devices: [GPUEvidence.Device(chain: chain, message: message)])
        let verdict = GPUVerifier().verdict(on: evidence, nonce: nonce, at: 1_780_000_000)
        #expect(verdict.failure == nil)
        #expect(verdict.summary == "1 × GH100, driver 550.90.07, VBIOS 96.00.9F.00.01")
    }
}

extension UInt8 {
    fileprivate var isSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D }
}
