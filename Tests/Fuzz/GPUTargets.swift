import Bytes

@testable import E2EE

/// Every parser of GPU evidence and of the attestation service's answers.
enum GPUTargets {
    private static let now = 1_800_000_000
    private static let nonce = AttestationNonce(hex: String(repeating: "5a", count: 32))

    /// Nobody's devices are accepted: the root is NVIDIA's. What is read of a device's message lies
    /// inside it, and all but the signature is signed.
    static func evidence(_ input: [UInt8]) {
        measurements(input)
        guard let evidence = try? GPUEvidence(input.span), let nonce else { return }
        precondition(evidence.deviceCount <= GPUEvidence.deviceCountMax, "too many")
        for device in evidence.devices { measurements(device.message) }
        let verdict = GPUVerifier().verdict(on: evidence, nonce: nonce, at: now)
        precondition(!verdict.isAccepted, "accepted without NVIDIA's signature")
        precondition(verdict.devices.count == evidence.deviceCount, "a device without a verdict")
    }

    private static func measurements(_ message: [UInt8]) {
        guard let parts = try? SPDMMeasurements(message.span) else { return }
        precondition(parts.signed.lowerBound == 0, "bytes that nobody signed")
        precondition(parts.signed.upperBound == parts.signature.lowerBound, "a gap")
        precondition(parts.signature.upperBound == message.count, "bytes behind the signature")
        precondition(parts.nonce == 4..<36, "the nonce is somewhere else")
        for field in [parts.driverVersion, parts.vbiosVersion, parts.firmwareID] {
            guard let field else { continue }
            precondition(field.upperBound <= parts.signature.lowerBound, "beyond what is signed")
            if let text = DeviceText.vbiosVersion(message.span.extracting(field)) {
                precondition(text.utf8.allSatisfy { 0x20..<0x7F ~= $0 }, "text that is not plain")
            }
        }
    }

    /// No answer is accepted without keys, nor with the one key of the corpus, whose other half
    /// nobody kept.
    static func token(_ input: [UInt8]) {
        guard let nonce else { return }
        for keys in [#"{"keys":[]}"#, key] {
            let expiry = try? AttestationToken.check(
                response: input.span, keys: Array(keys.utf8).span, nonce: nonce, evidenceCount: 1,
                issuer: "https://nras.attestation.nvidia.com", models: ["GH100"], at: now)
            precondition(expiry == nil, "accepted without a signature")
        }
        if let token = try? JSONWebToken(input.span) {
            precondition(!input.contains(0x3D), "padding")
            precondition(token.claims.count < input.count, "more claims than bytes")
        }
    }

    /// A set that is read knows its keys by name, and none of them twice.
    static func keys(_ input: [UInt8]) {
        guard let keys = try? JSONWebKeys(input.span) else { return }
        precondition(keys.count <= JSONWebKeys.keyCountMax, "too many")
        let members = JSONMembers(checking: input.span)
        let list = members?.value("keys", in: input.span)?.elements(in: input.span) ?? []
        precondition(keys.count <= list.count, "keys that are not there")
        var found = 0
        for element in list {
            guard let name = JSONMembers(element, in: input.span)?.claim("kid", in: input.span),
                let text = name.text, let point = keys.point(of: text.span)
            else { continue }
            precondition(point.count == 96, "a point of another curve")
            _ = ECDSAPublicKey(.p384, point: point.span) == nil
            found += 1
        }
        precondition(found >= keys.count, "keys without a name")
    }

    private static let key =
        #"{"keys":[{"kty":"EC","crv":"P-384","kid":"k","x":"yJjme0For2fSLuCyg1d4BuVIhs5_MfTtZxiGQMaUGYYlIU8J8og_7_I7r3f-VW25","#
        + #""y":"9pM2AhnNj0yjARnNqv8fT763NL5D8SNvq9GJD7rmGjclv--gjDM7iVZmMv4V7qQ_"}]}"#
}
