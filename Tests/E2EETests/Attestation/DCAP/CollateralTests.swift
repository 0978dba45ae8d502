import Simulator
import Testing

@testable import E2EE

@Suite struct CollateralTests {
    private static let now = PlatformSample.now

    @Test func `lists and documents are good until the second before their next update`() throws {
        let places:
            [(WritableKeyPath<PlatformSample, Range<Int>>, AttestationError, AttestationError)] = [
                (\.contents.rootListValidity, .crlNotYetValid, .crlExpired),
                (\.contents.pckListValidity, .crlNotYetValid, .crlExpired),
                (\.contents.tcbInfo.validity, .tcbInfoFuture, .tcbInfoExpired),
                (\.contents.qeIdentity.validity, .qeIdentityFuture, .qeIdentityExpired),
            ]
        for (place, early, late) in places {
            var sample = PlatformSample()
            sample[keyPath: place] = Self.now..<(Self.now + 100)
            let evidence = try sample.made()
            #expect(evidence.verdict(at: Self.now - 1).failure == early)
            #expect(evidence.verdict(at: Self.now).failure == nil)
            #expect(evidence.verdict(at: Self.now + 99).failure == nil)
            #expect(evidence.verdict(at: Self.now + 100).failure == late)
        }
        for now in [Int.min, 0, 2_524_608_000, Int.max] {
            #expect(PlatformSample.sound[0].verdict(at: now).failure != nil)
        }
    }

    @Test func `every part is there, is sound and in its own place`() throws {
        let sound = PlatformSample.sound[0]
        let other = PlatformSample.sound[1].collateral
        let own = sound.collateral
        let pki = sound.pki
        let otherRoot = PlatformSample.sound[1].pki.root.certificate.pem
        let signing = bytes(pki.signingChainPEM)
        let spoilt: [((inout Collateral) -> Void, AttestationError)] = [
            ({ $0.tcbInfoIssuerChain = [] }, .badTCBSigningChain),
            ({ $0.tcbInfoIssuerChain = bytes(pki.signing.pem) }, .badTCBSigningChain),
            ({ $0.tcbInfoIssuerChain = bytes(pki.pckChainPEM) }, .badTCBSigningChain),
            ({ $0.tcbInfoIssuerChain = bytes(pki.platformChainPEM) }, .badTCBSigningChain),
            ({ $0.tcbInfoIssuerChain = other.tcbInfoIssuerChain }, .badTCBSigningChain),
            ({ $0.qeIdentityIssuerChain = [] }, .badTCBSigningChain),
            ({ $0.qeIdentityIssuerChain = signing + signing }, .badTCBSigningChain),
            ({ $0.qeIdentityIssuerChain = bytes(pki.platformChainPEM) }, .badTCBSigningChain),
            ({ $0.rootRevocationList = [] }, .badCRL),
            ({ $0.rootRevocationList.append(0) }, .badCRL),
            ({ $0.rootRevocationList = own.pckRevocationList }, .crlIssuerMismatch),
            ({ $0.rootRevocationList = other.rootRevocationList }, .badCRL),
            ({ $0.pckRevocationList = [] }, .badCRL),
            ({ $0.pckRevocationList.removeLast() }, .badCRL),
            ({ $0.pckRevocationList = own.rootRevocationList }, .crlIssuerMismatch),
            ({ $0.pckRevocationList = other.pckRevocationList }, .badCRL),
            ({ $0.pckRevocationListIssuerChain = [] }, .crlIssuerMismatch),
            ({ $0.pckRevocationListIssuerChain = signing }, .crlIssuerMismatch),
            (
                {
                    $0.pckRevocationListIssuerChain = bytes(
                        pki.platform.certificate.pem + otherRoot)
                }, .crlIssuerMismatch
            ),
            (
                { $0.pckRevocationListIssuerChain = other.pckRevocationListIssuerChain },
                .crlIssuerMismatch
            ),
            ({ $0.tcbInfo = [] }, .tcbInfoSignature),
            ({ $0.tcbInfo.append(0x20) }, .tcbInfoSignature),
            ({ $0.tcbInfo = own.qeIdentity }, .tcbInfoSignature),
            ({ $0.tcbInfoSignature = [] }, .tcbInfoSignature),
            ({ $0.tcbInfoSignature = [UInt8](repeating: 0, count: 64) }, .tcbInfoSignature),
            ({ $0.tcbInfoSignature = own.qeIdentitySignature }, .tcbInfoSignature),
            ({ $0.qeIdentity = own.tcbInfo }, .qeIdentitySignature),
            (
                { $0.qeIdentitySignature = [UInt8](repeating: 0xFF, count: 64) },
                .qeIdentitySignature
            ),
            ({ $0.qeIdentitySignature = own.tcbInfoSignature }, .qeIdentitySignature),
            (
                {
                    swap(&$0.tcbInfo, &$0.qeIdentity)
                    swap(&$0.tcbInfoSignature, &$0.qeIdentitySignature)
                }, .tcbInfoMismatch
            ),
        ]
        for (index, (change, refusal)) in spoilt.enumerated() {
            var evidence = sound
            change(&evidence.collateral)
            let verdict = evidence.verdict()
            #expect(verdict.failure == refusal, "case \(index)")
            #expect(verdict.status == nil)
        }
    }

    /// Bytes that a signature covers, and the signature.
    @Test func `no byte of the collateral can be changed`() {
        let sound = PlatformSample.sound[0]
        let places: [(WritableKeyPath<Collateral, [UInt8]>, Int)] = [
            (\.tcbInfo, 11), (\.tcbInfoSignature, 1), (\.qeIdentity, 5),
            (\.qeIdentitySignature, 1), (\.rootRevocationList, 1), (\.pckRevocationList, 1),
        ]
        for (place, step) in places {
            for index in stride(from: 0, to: sound.collateral[keyPath: place].count, by: step) {
                var evidence = sound
                evidence.collateral[keyPath: place][index] ^= 1
                #expect(evidence.failure != nil, "byte \(index)")
            }
        }
    }

    @Test func `documents older than those seen before are refused`() throws {
        let evidence = PlatformSample.sound[0]
        for (seen, refusal) in [
            (EvaluationNumbers(tcbInfo: 20, qeIdentity: 20), nil),
            (EvaluationNumbers(tcbInfo: 21, qeIdentity: 20), .collateralRollback),
            (EvaluationNumbers(tcbInfo: 20, qeIdentity: 21), .collateralRollback),
            (EvaluationNumbers(tcbInfo: .max, qeIdentity: .max), .collateralRollback),
        ] as [(EvaluationNumbers, AttestationError?)] {
            #expect(evidence.verdict(minimumEvaluation: seen).failure == refusal)
        }
    }

    @Test func `a bundle holds every member, and no other is looked at`() throws {
        let own = PlatformSample.sound[0].collateral
        let members = Self.members(of: own)
        let plain = Self.json(members)
        #expect(try Collateral(plain.span) == own)
        let more = Self.json(members + [("pck_certificate_chain", "\"nothing\"")])
        #expect(try Collateral(more.span) == own)
        for index in members.indices {
            var spoilt = members
            spoilt.remove(at: index)
            expectMalformed(Self.json(spoilt))
            spoilt = members
            spoilt[index].1 = "7"
            expectMalformed(Self.json(spoilt))
            spoilt.append(members[index])
            expectMalformed(Self.json(spoilt))
        }
        for index in [1, 4, 6, 7] {
            var spoilt = members
            spoilt[index].1 = "\"0g\""
            expectMalformed(Self.json(spoilt))
        }
        for text in ["", "[]", "{}", "{", "null"] { expectMalformed(bytes(text)) }
        for count in stride(from: 0, to: plain.count, by: 97) {
            expectMalformed(Array(plain.prefix(count)))
        }
        let padding = [UInt8](repeating: 0x20, count: Collateral.byteCountMax - plain.count)
        let longest = padding + plain
        #expect(try Collateral(longest.span) == own)
        expectMalformed([0x20] + longest)
    }

    private func expectMalformed(_ json: [UInt8]) {
        do throws(AttestationError) {
            _ = try Collateral(json.span)
            Issue.record("read as collateral")
        } catch {
            #expect(error == .collateralMalformed)
        }
    }

    @Test func `a served document is cut out byte for byte`() throws {
        let json = bytes(#"{ "tcbInfo" : {"a":"}\"{", "b" : [ 1 ] } , "signature":"#)
        let signature = "\"" + String(repeating: "0A", count: 64) + "\"}"
        let whole = json + bytes(signature)
        let (text, raw) = try Collateral.document("tcbInfo", in: whole.span)
        #expect(text == bytes(#"{"a":"}\"{", "b" : [ 1 ] }"#))
        #expect(raw == [UInt8](repeating: 10, count: 64))
        let twice = bytes(#"{"tcbInfo":{},"#) + whole.dropFirst(1)
        for spoilt in [twice, Array(whole.dropLast()), bytes("{}"), json + bytes("\"00\"}")] {
            #expect(throws: AttestationError.collateralMalformed) {
                _ = try Collateral.document("tcbInfo", in: spoilt.span)
            }
        }
    }

    private static func json(_ members: [(String, String)]) -> [UInt8] {
        bytes("{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}")
    }

    private static func members(of own: Collateral) -> [(String, String)] {
        func text(_ bytes: [UInt8]) -> String { jsonString(bytes) }
        func hex(_ bytes: [UInt8]) -> String { "\"\(toHex(bytes))\"" }
        return [
            ("tcb_info", text(own.tcbInfo)), ("tcb_info_signature", hex(own.tcbInfoSignature)),
            ("tcb_info_issuer_chain", text(own.tcbInfoIssuerChain)),
            ("qe_identity", text(own.qeIdentity)),
            ("qe_identity_signature", hex(own.qeIdentitySignature)),
            ("qe_identity_issuer_chain", text(own.qeIdentityIssuerChain)),
            ("root_ca_crl", hex(own.rootRevocationList)), ("pck_crl", hex(own.pckRevocationList)),
            ("pck_crl_issuer_chain", text(own.pckRevocationListIssuerChain)),
        ]
    }
}
