import Bytes
import HTTP

extension Reply {
    /// What Intel's service would answer for the simulated platform, below `SimulatedProvider
    /// .collateralPath`.
    static func collateral(_ path: Substring, of collateral: SimulatedCollateral) -> Reply {
        switch path {
        case "/tdx/certification/v4/tcb":
            document(
                collateral.tcbInfo, "TCB-Info-Issuer-Chain", signedBy: collateral.signingChain)
        case "/tdx/certification/v4/qe/identity":
            document(
                collateral.quotingEnclaveIdentity, "SGX-Enclave-Identity-Issuer-Chain",
                signedBy: collateral.signingChain)
        case "/sgx/certification/v4/pckcrl":
            list(
                collateral.pckRevocationList,
                chain: collateral.pckRevocationListChain)
        // As mirrors do it: hexadecimal digits.
        case "/sgx/certification/v4/rootcacrl":
            list(Array(Hex.string(collateral.rootRevocationList.span).utf8), chain: nil)
        default: failure(status: 404)
        }
    }

    private static func document(
        _ json: String, _ field: StaticString, signedBy chain: String
    ) -> Reply {
        plain(Array(json.utf8), "application/json") { self.chain(field, chain, to: &$0) }
    }

    private static func list(_ list: [UInt8], chain: String?) -> Reply {
        plain(list, "application/pkix-crl") {
            if let chain { self.chain("SGX-PCK-CRL-Issuer-Chain", chain, to: &$0) }
        }
    }

    private static func chain(_ field: StaticString, _ pem: String, to output: inout Buffer) {
        output.append(field)
        output.append(": ")
        PercentEncoding.encode(pem.utf8Span.span, to: &output)
        output.append("\r\n")
    }

    private static func plain(
        _ body: [UInt8], _ type: StaticString, fields: (inout Buffer) -> Void
    ) -> Reply {
        var output = Buffer()
        ResponseWriter.head(status: 200, to: &output)
        output.append("Content-Type: ")
        output.append(type)
        output.append("\r\n")
        fields(&output)
        ResponseWriter.field("Content-Length", decimal: body.count, to: &output)
        ResponseWriter.end(to: &output)
        output.append(body.span)
        return Reply([.wire(output.readable.array)])
    }
}
