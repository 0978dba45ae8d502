import Bytes
import E2EE

/// Answers the question for evidence: signs a quote that binds an enclave's key and the nonce, and
/// writes the reply around it, spoiled as the model wants it.
struct Attestor: Sendable {
    private let quoting: QuotingEnclave
    private let gpus: SimulatedGPUHost

    init(under pki: TEEPKI, gpus: SimulatedGPUHost) throws(SimulatorError) {
        self.gpus = gpus
        quoting = try QuotingEnclave(under: pki)
    }

    /// - `nonce`: 64 digits.
    /// - `now`: Unix seconds.
    func reply(
        for enclave: SimulatedEnclave, of model: SimulatedModel, nonce: AttestationNonce, now: Int
    ) throws(SimulatorError) -> String {
        let account = SoftwareAccount(of: model, key: enclave.publicKey, other: enclave.otherKey)
        let quote = try quote(for: enclave, of: model, account, nonce: nonce)
        let payload = try gpus.payload(for: nonce, as: model.misbehaviour)
        var reply = AttestationReply(
            model, key: enclave.publicKey, quote: quote, account, gpus: payload, nonce: nonce.hex,
            now: now)
        if let misbehaviour = model.misbehaviour {
            Self.spoil(&reply, of: enclave, as: misbehaviour)
        }
        return model.misbehaviour == .notJSON ? "<html>simulated</html>" : reply.json
    }

    private func quote(
        for enclave: SimulatedEnclave, of model: SimulatedModel, _ account: SoftwareAccount,
        nonce: AttestationNonce
    ) throws(SimulatorError) -> [UInt8] {
        var padding = [UInt8](repeating: 0, count: 12)
        var nonceBytes = nonce.bytes
        if model.misbehaviour == .dirtyPadding { padding[5] = 1 }
        if model.misbehaviour == .wrongReportDataNonce { nonceBytes[0] ^= 1 }
        var quote = SimulatedQuote(
            reportData: enclave.publicKey.address.bytes + padding + nonceBytes)
        account.software.measure(into: &quote)
        switch model.misbehaviour {
        case .otherConfigID: quote.mrConfigID[1] ^= 1
        case .ownerSet: quote.mrOwner[47] = 1
        case .debug: quote.attributes |= 1
        case .sgx: quote.teeType = 0
        case .version3: quote.version = 3
        case .statementForm:
            let statement = #"{"nonce":"\#(nonce.hex)","purpose":"aci.report_data.v1"}"#
            quote.reportData =
                Hash.sha256(Array(statement.utf8)) + [UInt8](repeating: 0, count: 32)
        default: break
        }
        let bytes = try quote.signed(by: quoting)
        return model.misbehaviour == .truncatedQuote ? Array(bytes.prefix(1000)) : bytes
    }

    private static func spoil(
        _ reply: inout AttestationReply, of enclave: SimulatedEnclave,
        as misbehaviour: Misbehaviour
    ) {
        let zeros = String(repeating: "0", count: 64)
        switch misbehaviour {
        case .wrongNonce:
            reply["nonce"] = AttestationReply.quoted(zeros)
            reply["request_nonce"] = nil
        case .notHex: reply["intel_quote"] = "\"not a quote!\""
        case .unverified: reply["verified"] = "false"
        case .verifiedMissing: reply["verified"] = nil
        case .otherModel: reply["model"] = "\"e2ee-demo-other\""
        case .noQuote: reply["intel_quote"] = nil
        case .noEventLog: reply["event_log"] = nil
        case .otherWorkload: reply["workload_id"] = AttestationReply.quoted("sha256:" + zeros)
        case .keysetDigestChanged:
            reply["workload_keyset_digest"] = AttestationReply.quoted("sha256:" + zeros)
        default: spoilKey(&reply, of: enclave, as: misbehaviour)
        }
    }

    private static func spoilKey(
        _ reply: inout AttestationReply, of enclave: SimulatedEnclave,
        as misbehaviour: Misbehaviour
    ) {
        let key = enclave.publicKey.hex
        let other = enclave.otherKey
        switch misbehaviour {
        case .swappedKey:
            nameKey(other.hex, in: &reply)
            reply["signing_address"] = AttestationReply.quoted("0x" + other.address.hex)
        case .swappedAddress:
            reply["signing_address"] = AttestationReply.quoted("0x" + other.address.hex)
        case .keyOffCurve: nameKey(key.dropLast(1) + (key.hasSuffix("0") ? "1" : "0"), in: &reply)
        case .compressedKey: nameKey("02" + key.dropFirst(2).prefix(64), in: &reply)
        case .keysDiffer: reply["signing_key"] = AttestationReply.quoted(other.hex)
        case .noKey:
            reply["signing_key"] = nil
            reply["signing_public_key"] = nil
        default: break
        }
    }

    private static func nameKey(_ hex: String, in reply: inout AttestationReply) {
        reply["signing_key"] = AttestationReply.quoted(hex)
        reply["signing_public_key"] = AttestationReply.quoted(hex)
    }
}
