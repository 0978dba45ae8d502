import Bytes
import Simulator

/// A service like Intel's below `/pcs/`, which fails as a test tells it to.
final class CollateralService {
    /// What it serves from now on.
    var collateral: SimulatedCollateral
    /// A part of the path to which an answer of failure is given.
    var failing: String?
    /// A part of the path to which nonsense is answered, with a status of success.
    var garbling: String?
    /// Whether it keeps its answers to itself.
    var isSilent = false
    private(set) var requests: [String] = []

    init(_ collateral: SimulatedCollateral) { self.collateral = collateral }

    /// The answer to a request for `target`; nil where that is for somebody else.
    func answer(_ target: String) -> String? {
        guard target.hasPrefix("/pcs/") else { return nil }
        requests.append(target)
        if isSilent { return "" }
        if let garbling, target.contains(garbling) { return ScriptedProvider.json(200, "<html>") }
        if let failing, target.contains(failing) {
            return ScriptedProvider.json(500, "{}")
        }
        func chain(_ name: String, _ pem: String) -> String {
            var output = Buffer()
            PercentEncoding.encode(pem.utf8Span.span, to: &output)
            return "\(name): \(output.readable.text)\r\n"
        }
        let rootList = collateral.rootRevocationList
        let pckList = collateral.pckRevocationList
        switch target {
        case "/pcs/tdx/certification/v4/tcb?fmspc=513d00000000":
            return ScriptedProvider.json(
                200, collateral.tcbInfo, chain("TCB-Info-Issuer-Chain", collateral.signingChain))
        case "/pcs/tdx/certification/v4/qe/identity":
            return ScriptedProvider.json(
                200, collateral.quotingEnclaveIdentity,
                chain("SGX-Enclave-Identity-Issuer-Chain", collateral.signingChain))
        case "/pcs/sgx/certification/v4/pckcrl?ca=platform&encoding=der":
            return ScriptedProvider.json(
                200, Hex.string(pckList.span),
                chain("SGX-PCK-CRL-Issuer-Chain", collateral.pckRevocationListChain))
        case "/pcs/sgx/certification/v4/rootcacrl":
            return ScriptedProvider.json(200, Hex.string(rootList.span))
        default: return ScriptedProvider.json(404, "{}")
        }
    }
}
