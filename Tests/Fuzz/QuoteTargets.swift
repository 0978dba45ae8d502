import Bytes

@testable import E2EE

/// Every parser of evidence that hostile bytes can reach, and the verdict as a whole.
enum QuoteTargets {
    private static let now = 1_800_000_000

    /// The parts of the signature data lie one behind the other and fill it.
    static func signature(_ input: [UInt8]) {
        guard let parsed = try? ParsedQuote(input.span) else { return }
        let parts = parsed.signature
        let ranges = [
            parts.signature, parts.attestationKey, parts.qeReport, parts.qeReportSignature,
            parts.authenticationData, parts.chain,
        ]
        var end = parsed.quote.signatureData.lowerBound
        for range in ranges {
            precondition(range.lowerBound >= end, "parts that overlap")
            end = range.upperBound
        }
        precondition(end == parsed.quote.signatureData.upperBound, "bytes that no part has")
        precondition(end <= input.count, "beyond the quote")
    }

    /// Nobody's quote is accepted: the root is Intel's and the collateral empty.
    static func verdict(_ input: [UInt8]) {
        let nothing = Collateral(
            tcbInfo: ([], [], []), qeIdentity: ([], [], []), rootRevocationList: [],
            pckRevocationList: ([], []))
        let verdict = DCAPVerifier().verdict(quote: input.span, collateral: nothing, at: now)
        precondition(!verdict.isAccepted && verdict.status == nil, "accepted without collateral")
    }

    /// What is read survives being written in the one way there is.
    static func certificateText(_ input: [UInt8]) {
        let certificates = CertificateText.certificates(in: input.span, countMax: 3)
        guard let certificates else { return }
        precondition(certificates.count <= 3, "more than were asked for")
        var text = Buffer()
        for certificate in certificates {
            text.append("-----BEGIN CERTIFICATE-----\n")
            Base64.encode(certificate.span, to: &text)
            text.append("\n-----END CERTIFICATE-----\n")
        }
        let again = CertificateText.certificates(in: text.readable, countMax: 3)
        precondition(again == certificates, "certificates that changed")
    }

    /// What is read has the sizes that the evaluation counts on.
    static func pckExtension(_ input: [UInt8]) {
        guard let platform = try? PCKExtension(input.span) else { return }
        precondition(platform.components.count == 16 && platform.fmspc.count == 6, "sizes")
        precondition(platform.pceID.count == 2 && 0...0xFFFF ~= platform.pceSVN, "sizes")
    }

    /// A certificate or a list is the same bytes once more, and its times are in order.
    static func certificate(_ input: [UInt8]) {
        if let certificate = X509Certificate(der: input) {
            precondition(certificate.der == input, "a certificate of other bytes")
            if let validity = certificate.validity {
                precondition(!validity.isEmpty, "a certificate without a second")
            }
            _ = certificate.extensionValue(PCKExtension.identifier)
            _ = certificate.isNamed("SGX")
            _ = certificate.publicKey()
            _ = certificate.isSameAuthority(as: certificate)
        }
        if let list = RevocationList(der: input.span) {
            _ = list.validity
            _ = list.issuer
        }
    }

    /// Levels are sorted, unique, complete and of the statuses that platforms have.
    static func tcbInfo(_ input: [UInt8]) {
        guard let info = try? TCBInfo(input.span) else { return }
        for (first, second) in zip(info.levels, info.levels.dropFirst()) {
            precondition(second.rank.lexicographicallyPrecedes(first.rank), "out of order")
        }
        for level in info.levels {
            precondition(level.sgxComponents.count == 16 && level.tdxComponents.count == 16)
            precondition(TCBStatus.ofPlatforms.contains(level.judgement.status), "status")
        }
        let platform = PCKExtension(
            components: [UInt8](repeating: 255, count: 16), pceSVN: 0xFFFF, pceID: info.pceID,
            fmspc: info.fmspc)
        guard let enclave = info.levels.first?.judgement else { return }
        let evaluation = TCBEvaluation(info: info, platform: platform, enclave: enclave)
        for version in [0, 1, 3, 255] as [UInt8] {
            var svn = [UInt8](repeating: 255, count: 16)
            svn[1] = version
            guard let judgement = try? evaluation.judgement(launch: svn, current: svn) else {
                continue
            }
            precondition(
                judgement.advisories.isSuperset(of: enclave.advisories), "advisories were lost")
        }
    }

    /// Levels are sorted and unique, and the lowest is reached by its own version and no lower one.
    static func qeIdentity(_ input: [UInt8]) {
        guard let identity = try? QEIdentity(input.span) else { return }
        for (first, second) in zip(identity.levels, identity.levels.dropFirst()) {
            precondition(first.svn > second.svn, "out of order")
        }
        if let lowest = identity.levels.last {
            precondition(identity.levels.judgement(on: lowest.svn) == lowest.judgement)
            precondition(identity.levels.judgement(on: lowest.svn - 1) == nil)
        }
    }

    /// A bundle that is read is written and read again as the same.
    static func collateral(_ input: [UInt8]) {
        guard let first = try? Collateral(input.span) else { return }
        var json = Buffer()
        json.append("{")
        func member(_ name: StaticString, _ text: [UInt8], isHex: Bool = false) {
            if json.count > 1 { json.append(",") }
            json.append(.quote)
            json.append(name)
            json.append("\":")
            if isHex {
                json.append(jsonString: Hex.string(text.span))
            } else {
                json.append(jsonString: text.span)
            }
        }
        member("tcb_info", first.tcbInfo)
        member("tcb_info_signature", first.tcbInfoSignature, isHex: true)
        member("tcb_info_issuer_chain", first.tcbInfoIssuerChain)
        member("qe_identity", first.qeIdentity)
        member("qe_identity_signature", first.qeIdentitySignature, isHex: true)
        member("qe_identity_issuer_chain", first.qeIdentityIssuerChain)
        member("root_ca_crl", first.rootRevocationList, isHex: true)
        member("pck_crl", first.pckRevocationList, isHex: true)
        member("pck_crl_issuer_chain", first.pckRevocationListIssuerChain)
        json.append("}")
        let second = try? Collateral(json.readable)
        precondition(second == first, "collateral that changed")
    }
}
