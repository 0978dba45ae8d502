import Testing

@testable import E2EE

/// Answers that NVIDIA's attestation service gave.
@Suite(.enabled(if: Vectors.arePresent, Comment(rawValue: Vectors.whereToPut)))
struct GenuineTokenTests {
    private struct Answer {
        let response: [UInt8]
        let keys: [UInt8]

        init(_ name: String) throws {
            let folder =
                name.hasPrefix("tinfoil") ? "nvidia/nras/\(name)." : "tdx/providers/\(name)/"
            response = try #require(Vectors.bytes(folder + "nras_response.json"))
            keys = try #require(Vectors.bytes(folder + "nras_jwks.json"))
        }

        func refusal(nonce: String, count: Int, at now: Int) -> AttestationError? {
            guard let nonce = AttestationNonce(hex: nonce) else { return .nonceMissing }
            let policy = AttestationPolicy(level: .full)
            do throws(AttestationError) {
                _ = try AttestationToken.check(
                    response: response.span, keys: keys.span, nonce: nonce, evidenceCount: count,
                    issuer: policy.nrasIssuer, models: policy.gpuModels, at: now)
                return nil
            } catch {
                return error
            }
        }
    }

    /// Names, the client's nonces, the devices and when the tokens were issued.
    private static let good: [(String, String, Int, Int)] = [
        (
            "tinfoil-v3-direct-20260629-021304",
            "1b63be880a57c6cb2ea2191157e35bdc0de416d3b9e4b5b17423b12f8553d633", 1, 1_782_699_180
        ),
        (
            "venice-20260424-015841",
            "ac82eb750ec4cfbb273f90d33567776bfae8657e2a43f6dff2f3adad9b86095a", 8, 1_776_995_913
        ),
        (
            "nearcloud-20260424-020614",
            "7c4b89c7c794886908702155bc671b6214269ed4a4bffaaf751449dba01e27da", 8, 1_776_996_364
        ),
        (
            "nearcloud-20260629-020657",
            "e79c2ec87ccfa76f3aef88deec0687facbd85d1689d82b0cc2de1353f7a62609", 8, 1_782_698_812
        ),
        (
            "neardirect-20260424-021037",
            "e74ad18b4223d48246f177649c815af8dcbb44ed4ffe1c98b8c7daaf6b5f775c", 8, 1_776_996_632
        ),
        (
            "neardirect-20260629-020637",
            "541b6523f9446dcd170e67ac8171eb9226bee5e3f192de4900b74f0ef293500b", 8, 1_782_698_794
        ),
    ]

    @Test(arguments: good.indices)
    func `an approval holds for an hour, for its nonce and its number of GPUs`(
        index: Int
    ) throws {
        let (name, nonce, count, issued) = Self.good[index]
        let answer = try Answer(name)
        #expect(answer.refusal(nonce: nonce, count: count, at: issued) == nil)
        #expect(answer.refusal(nonce: nonce, count: count, at: issued - 60) == nil)
        #expect(answer.refusal(nonce: nonce, count: count, at: issued + 3599) == nil)
        #expect(
            answer.refusal(nonce: nonce, count: count, at: issued - 61) == .nrasNotYetValid)
        #expect(answer.refusal(nonce: nonce, count: count, at: issued + 3600) == .nrasExpired)
        let other = ReplySample.nonce.hex
        #expect(answer.refusal(nonce: other, count: count, at: issued) == .nrasNonceMismatch)
        for wrong in [count - 1, count + 1] {
            #expect(
                answer.refusal(nonce: nonce, count: wrong, at: issued) == .nrasDeviceMissing)
        }
    }

    @Test func `a signed no is a no`() throws {
        let answer = try Answer("phalacloud-20260610-014917")
        let client = "732f6f1c1b4445d4ab4ad892728343f7fcb0f595ce79f91ecfdeaae657bb7c7e"
        let asked = "aa8aa7cb237cb07d054e2ba1c1660b6d6bf60a1501e4d33bec8115148543e501"
        #expect(answer.refusal(nonce: client, count: 8, at: 1_781_056_157) == .nrasNonceMismatch)
        #expect(answer.refusal(nonce: asked, count: 8, at: 1_781_056_157) == .nrasRefused)
    }

    @Test func `the keys of another day do not fit`() throws {
        let (name, nonce, count, issued) = Self.good[0]
        let answer = try Answer(name)
        let old = try Answer("phalacloud-20260610-014917").keys
        #expect(try JSONWebKeys(answer.keys.span).count == 32)
        #expect(try JSONWebKeys(old.span).count == 36)
        let parsed = try JSONWebKeys(old.span)
        let needsOthers = AttestationToken.needsOtherKeys(
            response: answer.response.span, keys: parsed)
        #expect(needsOthers)
        let nonceValue = try #require(AttestationNonce(hex: nonce))
        #expect(throws: AttestationError.nrasKeyUnknown) {
            try AttestationToken.check(
                response: answer.response.span, keys: old.span, nonce: nonceValue,
                evidenceCount: count, issuer: "https://nras.attestation.nvidia.com",
                models: ["GH100"], at: issued)
        }
    }
}
