public import Bytes

extension Collateral {
    /// Appends one JSON object with the members of `QuoteCollateralV3`, which `init` reads.
    /// - `extra`: more members, as they are to stand there; empty for none.
    public func write(to output: inout Buffer, extra: String = "") {
        output.append(.ascii("{"))
        if !extra.isEmpty {
            output.append(extra)
            output.append(.ascii(","))
        }
        Self.text("tcb_info", tcbInfo, to: &output)
        Self.hex("tcb_info_signature", tcbInfoSignature, to: &output)
        Self.text("tcb_info_issuer_chain", tcbInfoIssuerChain, to: &output)
        Self.text("qe_identity", qeIdentity, to: &output)
        Self.hex("qe_identity_signature", qeIdentitySignature, to: &output)
        Self.text("qe_identity_issuer_chain", qeIdentityIssuerChain, to: &output)
        Self.hex("root_ca_crl", rootRevocationList, to: &output)
        Self.hex("pck_crl", pckRevocationList, to: &output)
        Self.text("pck_crl_issuer_chain", pckRevocationListIssuerChain, to: &output, isLast: true)
        output.append(.ascii("}"))
    }

    private static func text(
        _ name: StaticString, _ value: [UInt8], to output: inout Buffer, isLast: Bool = false
    ) {
        begin(name, to: &output)
        output.append(jsonString: value.span)
        if !isLast { output.append(.ascii(",")) }
    }

    private static func hex(_ name: StaticString, _ value: [UInt8], to output: inout Buffer) {
        begin(name, to: &output)
        output.append(.ascii("\""))
        output.append(Hex.string(value.span))
        output.append("\",")
    }

    private static func begin(_ name: StaticString, to output: inout Buffer) {
        output.append(.ascii("\""))
        output.append(name)
        output.append("\":")
    }
}
