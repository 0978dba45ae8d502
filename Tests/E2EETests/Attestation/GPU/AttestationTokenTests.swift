import Simulator
import Testing
import TestSupport

@testable import E2EE

@Suite struct AttestationTokenTests {
    private func refusal(
        deviceCount: Int = 2, _ change: (inout SimulatedApproval) -> Void
    ) throws -> AttestationError? {
        GPUSample.refusal(try GPUSample.answer(deviceCount: deviceCount, change))
    }

    @Test func `a sound answer is good until its first token ends`() throws {
        let response = try GPUSample.answer {
            $0.devices[1].token["exp"] = "\(GPUSample.now + 7)"
        }
        let end = try AttestationToken.check(
            response: response.span, keys: Array(GPUSample.service.keys.utf8).span,
            nonce: GPUSample.nonce, evidenceCount: 2, issuer: SimulatedNRAS.issuer,
            models: ["GH100"], at: GPUSample.now)
        #expect(end == GPUSample.now + 7)
        #expect(GPUSample.refusal(response, at: GPUSample.now + 7) == .nrasExpired)
    }

    private typealias Change = @Sendable (inout SimulatedToken) -> Void

    /// What is wrong with a token, be it the overall one or a device's.
    private static let spoiled: [(AttestationError, Change)] = [
        (.nrasAlgorithm, { $0.algorithm = "none" }), (.nrasAlgorithm, { $0.algorithm = "HS256" }),
        (.nrasAlgorithm, { $0.algorithm = "ES256" }), (.nrasAlgorithm, { $0.algorithm = "es384" }),
        (.nrasKeyUnknown, { $0.keyIdentifier = "another" }),
        (.nrasMalformed, { $0.headerTail = #","crit":["exp"]"# }),
        (.nrasMalformed, { $0.headerTail = #","alg":"ES384""# }),
        (.nrasIssuer, { $0["iss"] = #""https://nras.attestation.nvidia.com""# }),
        (.nrasIssuer, { $0["iss"] = nil }), (.nrasIssuer, { $0["iss"] = "null" }),
        (.nrasExpired, { $0["exp"] = "\(GPUSample.now)" }), (.nrasExpired, { $0["exp"] = "0" }),
        (.nrasNotYetValid, { $0["iat"] = "\(GPUSample.now + 61)" }),
        (.nrasNotYetValid, { $0["nbf"] = "\(GPUSample.now + 61)" }),
        (.nrasMalformed, { $0["exp"] = nil }), (.nrasMalformed, { $0["iat"] = nil }),
        (.nrasMalformed, { $0["nbf"] = nil }), (.nrasMalformed, { $0["exp"] = "1.9e9" }),
        (.nrasMalformed, { $0["exp"] = #""1900000000""# }),
        (.nrasMalformed, { $0["exp"] = "9999999999999999999" }),
        (.nrasNonceMismatch, { $0["eat_nonce"] = "\"\(GPUSample.otherNonce.hex)\"" }),
        (.nrasNonceMismatch, { $0["eat_nonce"] = nil }),
        (.nrasNonceMismatch, { $0["eat_nonce"] = "[\"\(GPUSample.nonce.hex)\"]" }),
    ]

    @Test(arguments: spoiled.indices)
    func `a bad token is refused by name, whichever it is`(index: Int) throws {
        let (error, change) = Self.spoiled[index]
        #expect(try refusal { change(&$0.overall) } == error)
        #expect(try refusal { change(&$0.devices[1].token) } == error)
    }

    @Test func `the overall result must be a true that is no text`() throws {
        for json in ["false", "null", #""true""#, "1", "[true]"] {
            #expect(
                try refusal { $0.overall["x-nvidia-overall-att-result"] = json } == .nrasRefused)
        }
        #expect(try refusal { $0.overall["x-nvidia-overall-att-result"] = nil } == .nrasRefused)
        #expect(try refusal { $0.overall["sub"] = #""NVIDIA""# } == .nrasMalformed)
    }

    @Test func `each device must be judged once`() throws {
        #expect(try refusal { $0.omitsFirstDigest = true } == .nrasDeviceMissing)
        #expect(try refusal { $0.omitsFirstToken = true } == .nrasDeviceMissing)
        #expect(
            try refusal {
                $0.omitsFirstDigest = true
                $0.omitsFirstToken = true
            } == .nrasDeviceMissing)
        #expect(try refusal(deviceCount: 1) { _ in } == .nrasDeviceMissing)
        #expect(try refusal(deviceCount: 3) { _ in } == .nrasDeviceMissing)
        #expect(try refusal { $0.overall["submods"] = "{}" } == .nrasDeviceMissing)
        #expect(try refusal { $0.devices[1].name = "GPU-0" } == .nrasMalformed)
        let renamed = String(decoding: try GPUSample.answer(), as: UTF8.self)
            .replacing(#"{"GPU-0":"#, with: #"{"GPU-7":"#)
        #expect(GPUSample.refusal(bytes(renamed)) == .nrasDeviceMissing)
    }

    @Test func `a device's token must be the one that was approved`() throws {
        #expect(try refusal { $0.hasOtherDigest = true } == .nrasDigest)
        for modules in [
            "[]", #"{"GPU-0":[],"GPU-1":[]}"#, #"{"GPU-0":["DIGEST",["SHA-1","00"]]}"#,
            #"{"GPU-0":["DIGEST",["SHA-256","00"]]}"#, #"{"GPU-0":["DIGEST",["SHA-256",0]]}"#,
        ] {
            #expect(try refusal { $0.overall["submods"] = modules } == .nrasMalformed)
        }
    }

    private static let deviceClaims: [(AttestationError, String, String?)] = [
        (.nrasMeasurements, "measres", #""fail""#), (.nrasMeasurements, "measres", nil),
        (.nrasDebug, "dbgstat", #""enabled""#), (.nrasDebug, "dbgstat", nil),
        (.nrasSecureBoot, "secboot", "false"), (.nrasSecureBoot, "secboot", nil),
        (.nrasSecureBoot, "secboot", #""true""#), (.nrasModel, "hwmodel", #""AD102""#),
        (.nrasModel, "hwmodel", nil), (.nrasModel, "hwmodel", #"["GH100"]"#),
        (.nrasRefused, "x-nvidia-error-details", #"{"code":4010}"#),
        (.nrasCheckFailed, "x-nvidia-gpu-check-of-the-future", "false"),
    ]

    @Test(arguments: deviceClaims.indices)
    func `a device must be what it should`(index: Int) throws {
        let (error, name, json) = Self.deviceClaims[index]
        #expect(try refusal { $0.devices[1].token[name] = json } == error)
    }

    @Test(arguments: SimulatedApproval.results)
    func `every check must be there and true`(name: String) throws {
        for json in ["false", "null", #""true""#, nil] {
            #expect(try refusal { $0.devices[0].token[name] = json } == .nrasCheckFailed)
        }
    }

    @Test func `claims that nobody knows do no harm`() throws {
        let accepted = try refusal {
            $0.overall["jti"] = #""x""#
            $0.devices[0].token["x-nvidia-gpu-check-of-the-future"] = "true"
            $0.devices[0].token["x-nvidia-error-details"] = "null"
            $0.devices[0].token["x-nvidia-attestation-warning"] = #""text""#
        }
        #expect(accepted == nil)
    }

    @Test func `a signature must be the named key's over these bytes`() throws {
        let other = try ECKey(.p384)
        let approval = GPUSample.service.approval(
            nonce: GPUSample.nonce.hex, deviceCount: 2, now: GPUSample.now)
        #expect(GPUSample.refusal(bytes(try approval.signed(by: other))) == .nrasSignature)
        #expect(try refusal { $0.overallSignature = "" } == .nrasSignature)
        #expect(try refusal { $0.overallSignature = "AAAA" } == .nrasSignature)
        #expect(try refusal { $0.overallSignature = "AAAA.AAAA" } == .nrasMalformed)
        #expect(try refusal { $0.overallSignature = "A+/=" } == .nrasMalformed)
        let zeros = SimulatedToken.base64([UInt8](repeating: 0, count: 96))
        #expect(try refusal { $0.overallSignature = zeros } == .nrasSignature)
        // The name of one key beside the signature of another.
        let keys = SimulatedNRAS.keys([
            (GPUSample.service.keyIdentifier, other), ("second", GPUSample.service.key),
        ])
        #expect(GPUSample.refusal(try GPUSample.answer(), keys: bytes(keys)) == .nrasSignature)
    }

    @Test func `no bit of an answer can be changed`() throws {
        let response = try GPUSample.answer(deviceCount: 1)
        let isSound = GPUSample.refusal(response, evidenceCount: 1) == nil
        #expect(isSound)
        for offset in stride(from: 0, to: response.count, by: 7) {
            var changed = response
            changed[offset] ^= 1 << UInt8(offset % 7)
            #expect(GPUSample.refusal(changed, evidenceCount: 1) != nil, "byte \(offset)")
        }
        for count in 0..<response.count {
            let refusal = GPUSample.refusal(Array(response.prefix(count)), evidenceCount: 1)
            #expect(refusal == .nrasMalformed)
        }
    }

    @Test(arguments: [
        "", "null", "{}", "[]", "[[],{}]", #"[["JWT"],{}]"#, #"[["JWT",1],{}]"#,
        #"[["JWS","a.b.c"],{}]"#, #"[["JWT","a.b.c"],[]]"#, #"[["JWT","a.b.c"],{"GPU-0":1}]"#,
        #"[["JWT","a.b.c"],{},{}]"#, #"[["JWT","a.b.c"],{}]"#, #"[["JWT",".."],{}]"#,
        #"[["JWT","e30.e30.e30"],{}]x"#,
    ])
    func `another shape of answer is malformed`(json: String) {
        #expect(GPUSample.refusal(bytes(json)) == .nrasMalformed)
    }

    @Test func `a new key is worth another look at the set`() throws {
        let keys = try JSONWebKeys(bytes(GPUSample.service.keys).span)
        func needsOthers(_ response: [UInt8]) -> Bool {
            AttestationToken.needsOtherKeys(response: response.span, keys: keys)
        }
        #expect(!needsOthers(try GPUSample.answer()))
        #expect(needsOthers(try GPUSample.answer { $0.overall.keyIdentifier = "new" }))
        #expect(needsOthers(try GPUSample.answer { $0.devices[1].token.keyIdentifier = "new" }))
        #expect(!needsOthers([]))
    }
}
