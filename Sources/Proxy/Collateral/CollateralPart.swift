import Bytes
import E2EE

/// One of the documents that a platform's collateral consists of, and where it is fetched. Source:
/// Intel SGX and TDX Provisioning Certification Service API, version 4.
enum CollateralPart: CaseIterable, Sendable {
    case tcbInfo
    case qeIdentity
    case pckRevocationList
    case rootRevocationList

    /// Fields that carry the certificates of a document's signer.
    static let issuerChainFields: [StaticString] = [
        "tcb-info-issuer-chain", "sgx-enclave-identity-issuer-chain", "sgx-pck-crl-issuer-chain",
    ]

    /// The path and query below a service's base URL.
    func target(for platform: QuotedPlatform) -> String {
        switch self {
        case .tcbInfo:
            "/tdx/certification/v4/tcb?fmspc=\(Hex.string(platform.fmspc.span))"
        case .qeIdentity: "/tdx/certification/v4/qe/identity"
        case .pckRevocationList:
            "/sgx/certification/v4/pckcrl?ca=\(platform.authority.rawValue)&encoding=der"
        case .rootRevocationList: "/sgx/certification/v4/rootcacrl"
        }
    }
}

/// Where collateral comes from. All of it is signed, so the source needs no trust.
struct CollateralSource: Sendable {
    /// Intel's own service.
    static let intel = "https://api.trustedservices.intel.com"
    /// Intel publishes the root's revocation list elsewhere than mirrors do.
    private static let intelRootList =
        "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

    static var defaultURL: UpstreamURL {
        guard let intelURL else { preconditionFailure("a URL that cannot be read") }
        return intelURL
    }

    let url: UpstreamURL

    /// The host to ask for `part`, and the path to ask it for.
    func location(
        of part: CollateralPart, for platform: QuotedPlatform
    ) -> (origin: UpstreamURL, target: String) {
        if part == .rootRevocationList, url == Self.intelURL, let list = Self.intelRootListURL {
            return (list, list.path)
        }
        return (url, url.path + part.target(for: platform))
    }

    private static let intelURL = try? UpstreamURL(intel)
    private static let intelRootListURL = try? UpstreamURL(intelRootList)
}

/// The documents that have arrived so far.
struct PartialCollateral: Sendable {
    private var parts: [CollateralPart: (body: [UInt8], chain: [UInt8])] = [:]

    var isComplete: Bool { parts.count == CollateralPart.allCases.count }

    mutating func add(_ part: CollateralPart, _ body: [UInt8], chain: [UInt8]) {
        parts[part] = (body, chain)
    }

    /// - Throws: `.collateralMalformed`; what holds is for a verifier to say.
    func assembled() throws(AttestationError) -> Collateral {
        guard let info = parts[.tcbInfo], let identity = parts[.qeIdentity],
            let pckList = parts[.pckRevocationList], let rootList = parts[.rootRevocationList]
        else { throw .collateralMalformed }
        let tcbInfo = try Collateral.document("tcbInfo", in: info.body.span)
        let qeIdentity = try Collateral.document("enclaveIdentity", in: identity.body.span)
        return Collateral(
            tcbInfo: (tcbInfo.text, tcbInfo.signature, info.chain),
            qeIdentity: (qeIdentity.text, qeIdentity.signature, identity.chain),
            rootRevocationList: Self.der(rootList.body),
            pckRevocationList: (Self.der(pckList.body), pckList.chain))
    }

    /// Some mirrors answer with hexadecimal digits: a list in DER begins with 0x30 and a length.
    private static func der(_ body: [UInt8]) -> [UInt8] {
        guard let first = body.first, first != 0x30 || Hex.bytes(body.span) != nil else {
            return body
        }
        let end = body.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0
        return Hex.bytes(body.span.extracting(0..<end)) ?? body
    }
}
