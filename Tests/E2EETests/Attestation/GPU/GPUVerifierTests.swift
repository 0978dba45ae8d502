import Simulator
import Testing
import TestSupport

@testable import E2EE

@Suite struct GPUVerifierTests {
    private func failure(
        _ change: (inout SimulatedGPU) -> Void = { _ in },
        chain: (inout [Certificate]) -> Void = { _ in },
        message: (inout [UInt8]) -> Void = { _ in }
    ) throws -> AttestationError? {
        let payload = try GPUSample.payload(change, chain: chain, message: message)
        return try GPUSample.verdict(payload).failure
    }

    @Test func `sound evidence says what the device is`() throws {
        let payload = try GPUSample.host.payload(for: GPUSample.nonce, deviceCount: 2)
        let verdict = try GPUSample.verdict(payload)
        #expect(verdict.isAccepted)
        #expect(verdict.devices.count == 2)
        #expect(verdict.devices[0].chip == "GH100")
        #expect(verdict.devices[0].driverVersion == "570.172.08")
        #expect(verdict.devices[0].vbiosVersion == "96.00.CF.00.02")
        #expect(verdict.summary == "2 × GH100, driver 570.172.08, VBIOS 96.00.CF.00.02")
    }

    @Test func `another root's devices are refused`() throws {
        let payload = try GPUSample.payload()
        #expect(
            try GPUSample.verdict(payload, root: NVIDIARoot.der).failure == .gpuUntrustedRoot)
        #expect(try GPUSample.verdict(payload, root: []).failure == .gpuUntrustedRoot)
        let other = try GPUPKI()
        #expect(
            try GPUSample.verdict(GPUSample.payload(under: other)).failure == .gpuUntrustedRoot)
        // Signed by a stranger's chain with our root put at its end.
        let grafted = try GPUSample.payload(
            under: other, chain: { $0[4] = GPUSample.host.pki.chain[4] })
        #expect(try GPUSample.verdict(grafted).failure == .gpuChain)
    }

    @Test func `a chain must be the five certificates in order`() throws {
        for index in 0..<4 {
            #expect(try failure(chain: { $0.remove(at: index) }) == .gpuChain)
            let duplicated = try failure(chain: { $0[index] = $0[(index + 1) % 4] })
            #expect(duplicated == .gpuChain)
        }
        #expect(try failure(chain: { $0.removeLast() }) == .gpuChain)
        #expect(try failure(chain: { $0.insert($0[1], at: 1) }) == .gpuChain)
        #expect(try failure(chain: { $0.removeAll() }) == .gpuChain)
        #expect(try failure(chain: { $0.swapAt(0, 4) }) == .gpuUntrustedRoot)
        #expect(try failure(chain: { $0.swapAt(0, 1) }) == .gpuChain)
        // The leaf of another device of the same kind, and one that its boot ROM did not issue.
        let other = try GPUPKI()
        #expect(try failure(chain: { $0[0] = other.chain[0] }) == .gpuChain)
    }

    @Test func `a leaf must be in its time and of the right curve`() throws {
        let old = try GPUPKI(validity: 1_700_000_000..<(GPUSample.now - 1))
        let payload = try GPUSample.payload(under: old)
        let root = old.root.certificate.der
        #expect(try GPUSample.verdict(payload, root: root).failure == .gpuChain)
        let early = GPUSample.now - 1
        #expect(try GPUSample.verdict(payload, root: root, at: early).failure == nil)
        let small = try GPUPKI(curve: .p256)
        let padding = [UInt8](repeating: 0, count: 32)
        let other = try GPUSample.payload(under: small, message: { $0 += padding })
        #expect(
            try GPUSample.verdict(other, root: small.root.certificate.der).failure
                == .gpuUntrustedRoot)
    }

    @Test func `the last second of 9999 is the last`() throws {
        let end = GPUPKI.validity.upperBound
        let payload = try GPUSample.payload()
        #expect(try GPUSample.verdict(payload, at: end).failure == nil)
        #expect(try GPUSample.verdict(payload, at: end + 1).failure == .gpuChain)
        #expect(try GPUSample.verdict(payload, at: .max).failure == .gpuChain)
        #expect(try GPUSample.verdict(payload, at: .min).failure == .gpuChain)
    }

    @Test func `the firmware must be the one that the certificate names`() throws {
        #expect(try failure({ $0.opaque[3].data[47] ^= 1 }) == .gpuFWID)
        #expect(try failure({ $0.opaque[3].data.removeLast() }) == .gpuFWID)
        #expect(try failure({ $0.opaque.remove(at: 3) }) == .gpuFWID)
        let unnamed = try GPUPKI(firmwareID: nil)
        let payload = try GPUSample.payload(under: unnamed)
        let root = unnamed.root.certificate.der
        #expect(try GPUSample.verdict(payload, root: root).failure == .gpuFWID)
        let short = try GPUPKI(firmwareID: [1, 2, 3])
        let shortPayload = try GPUSample.payload(under: short)
        #expect(
            try GPUSample.verdict(shortPayload, root: short.root.certificate.der).failure
                == .gpuChain)
    }

    @Test func `a switch need not report its firmware, but must not report another`() throws {
        let pki = try GPUPKI(name: "LS_10 simulated FMC LF")
        let root = pki.root.certificate.der
        let silent = try GPUSample.payload(under: pki, { $0.opaque.remove(at: 3) })
        #expect(try GPUSample.verdict(silent, root: root).failure == nil)
        let lying = try GPUSample.payload(under: pki, { $0.opaque[3].data[0] ^= 1 })
        #expect(try GPUSample.verdict(lying, root: root).failure == .gpuFWID)
    }

    @Test func `every nonce must be ours`() throws {
        #expect(try failure({ $0.nonce[31] ^= 0x80 }) == .gpuNonceMismatch)
        let payload = try GPUSample.payload()
        let other = try GPUSample.verdict(payload, nonce: GPUSample.otherNonce)
        #expect(other.failure == .gpuNonceMismatch)
        for nonce in [GPUSample.otherNonce.hex, "", "x"] {
            let edited = payload.replacing(GPUSample.nonce.hex, with: nonce)
            #expect(try GPUSample.verdict(edited).failure == .gpuNonceMismatch)
        }
    }

    @Test func `one bad device among good ones is one too many`() throws {
        let good = SimulatedGPUHost.entry(
            GPUSample.host.pki.chain,
            try SimulatedGPU(nonce: GPUSample.nonce.bytes).signed(by: GPUSample.host.pki.leafKey))
        let bad = SimulatedGPUHost.entry(
            GPUSample.host.pki.chain,
            try SimulatedGPU(nonce: ones).signed(by: GPUSample.host.pki.leafKey))
        let payload = SimulatedGPUHost.payload(nonce: GPUSample.nonce.hex, [good, bad, good])
        let verdict = try GPUSample.verdict(payload)
        #expect(verdict.failure == .gpuNonceMismatch)
        #expect(verdict.devices.map(\.failure) == [nil, .gpuNonceMismatch, nil])
    }

    @Test func `no bit of what a device signed can be changed`() throws {
        let evidence = try GPUEvidence(Array(try GPUSample.payload().utf8).span)
        let point = Array(GPUSample.host.pki.leafKey.point.dropFirst())
        var message = evidence.devices[0].message
        guard let key = ECDSAPublicKey(.p384, point: point.span) else {
            Issue.record("no key")
            return
        }
        let byteCount = message.count
        let offsets = Array(0..<60) + Array(stride(from: 60, to: byteCount - 150, by: 41))
        for offset in offsets + Array((byteCount - 150)..<byteCount) {
            message[offset] ^= 1 << UInt8(offset % 8)
            if let parts = try? SPDMMeasurements(message.span) {
                let isGenuine = key.verifies(
                    message.span.extracting(parts.signature),
                    over: message.span.extracting(parts.signed))
                #expect(!isGenuine, "byte \(offset)")
            }
            message[offset] ^= 1 << UInt8(offset % 8)
        }
    }

    @Test(arguments: [4, 36, 60, 3000, 3600])
    func `a device with a changed bit is refused`(offset: Int) throws {
        #expect(try failure(message: { $0[offset] ^= 1 }) != nil)
        #expect(try failure(message: { $0[$0.count - 1 - offset / 100] ^= 1 }) == .gpuSignature)
    }

    @Test func `evidence that ends anywhere early or goes on is malformed`() throws {
        let payload = try GPUSample.payload()
        let message = try GPUEvidence(Array(payload.utf8).span).devices[0].message
        for count in 0..<message.count {
            #expect(throws: AttestationError.gpuEvidenceMalformed) {
                try SPDMMeasurements(message.span.extracting(0..<count))
            }
        }
        #expect(try failure({ $0.tail = [0] }) == .gpuEvidenceMalformed)
    }

    @Test func `malformed evidence is refused although it is signed`() throws {
        let changes: [(inout SimulatedGPU) -> Void] = [
            { $0.request[0] = 0x12 }, { $0.request[1] = 0xE1 }, { $0.request[2] = 0 },
            { $0.request[3] = 1 }, { $0.response[0] = 0x10 }, { $0.response[1] = 0x7F },
            { $0.blockCount = 0 }, { $0.recordTail = [1] }, { $0.recordTail = [65, 1, 0, 0] },
            { $0.opaque.append((3, [])) }, { $0.opaque.append((6, [])) },
            { $0.opaque.append((20, SimulatedGPU.firmwareID)) },
            { $0.opaque.append((9, [UInt8](repeating: 0, count: 16_384))) },
        ]
        for (index, change) in changes.enumerated() {
            #expect(try failure(change) == .gpuEvidenceMalformed, "change \(index)")
        }
    }

    @Test func `what a device says of itself is shown only where it is plain`() throws {
        let payload = try GPUSample.payload({
            $0.opaque[1].data = Array("<script>".utf8)
            $0.opaque[0].data = Array("96.10.73.00.01".utf8)
        })
        let device = try GPUSample.verdict(payload).devices[0]
        #expect(device.failure == nil)
        #expect(device.driverVersion == nil)
        #expect(device.vbiosVersion == "96.10.73.00.01")
    }
}
