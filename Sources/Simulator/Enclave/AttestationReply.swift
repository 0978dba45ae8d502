import Bytes
import E2EE

/// The evidence for one enclave's key, as members to be spoiled one at a time and then written.
struct AttestationReply {
    private var members: [(name: String, json: String)] = []

    /// The value of a member as it is spelled; nil takes the member out.
    subscript(_ name: String) -> String? {
        get { members.first { $0.name == name }?.json }
        set {
            guard let newValue else { return members.removeAll { $0.name == name } }
            if let index = members.firstIndex(where: { $0.name == name }) {
                members[index].json = newValue
            } else {
                members.append((name, newValue))
            }
        }
    }

    var json: String {
        "{" + members.map { #""\#($0.name)":\#($0.json)"# }.joined(separator: ",") + "}"
    }

    /// - `quote`: signed, and with the nonce in it.
    /// - `account`: what is said about the software; `gpus`: the text of `nvidia_payload`.
    /// - `now`: Unix seconds.
    init(
        _ model: SimulatedModel, key: PublicKey, quote: [UInt8], _ account: SoftwareAccount,
        gpus: String, nonce: String, now: Int
    ) {
        let staleAfter = model.misbehaviour == .expired ? now - 1 : now + 3600
        let notAfter = now + 86_400
        switch model.shape ?? .flat {
        case .flat, .flatBase64:
            self["model_name"] = "\"simulated\""
            self["request_nonce"] = Self.quoted(nonce)
            self["signing_key"] = Self.quoted(key.hex)
            self["event_log"] = account.log
            self["info"] = account.info
        case .aci:
            let keyset = Self.epochKeyset(account.keysetKey, notAfter: notAfter)
            self["api_version"] = #""aci/1""#
            self["workload_id"] = Self.quoted(SoftwareAccount.digest(of: Self.identity))
            self["workload_keyset_digest"] = Self.quoted(SoftwareAccount.digest(of: keyset))
            self["attestation"] = Self.report(
                account, quote: quote, keyset: keyset,
                extra: #","freshness":{"fetched_at":\#(now),"stale_after":\#(staleAfter)},"#
                    + #""keyset_endorsement":\#(account.endorsement(of: keyset))"#)
        case .newer:
            let keyset = Self.keyset(account.keysetKey, notAfter: notAfter)
            self["api_version"] = #""aci/1""#
            self["keyset_digest"] = Self.quoted(SoftwareAccount.digest(of: keyset))
            self["attestation"] = Self.report(account, quote: quote, keyset: keyset)
        }
        addFlatMembers(model, key: key, nonce: nonce, gpus: gpus)
        self["intel_quote"] = Self.quoted(
            model.shape == .flatBase64 ? Self.base64(quote) : Hex.string(quote.span))
    }

    private mutating func addFlatMembers(
        _ model: SimulatedModel, key: PublicKey, nonce: String, gpus: String
    ) {
        self["verified"] = "true"
        self["nonce"] = Self.quoted(nonce)
        self["nonce_source"] = "\"client\""
        self["model"] = Self.quoted(model.id)
        self["tee_provider"] = "\"simulated\""
        self["tee_hardware"] = "\"simulated\""
        self["signing_algo"] = "\"ecdsa\""
        self["signing_public_key"] = Self.quoted(key.hex)
        self["signing_address"] = Self.quoted("0x" + key.address.hex)
        var payload = Buffer()
        payload.append(jsonString: gpus)
        self["nvidia_payload"] = payload.readable.text
        self["server_verification"] = Self.serverVerification
        self["candidates_available"] = "1"
        self["candidates_evaluated"] = "1"
    }

    private static let serverVerification =
        #"{"tdx":{"valid":true,"signatureValid":true},"#
        + #""signingAddressBinding":{"bound":true},"nonceBinding":{"bound":true,"method":"raw"},"#
        + #""note":"simulated: nothing was verified"}"#

    private static func report(
        _ account: SoftwareAccount, quote: [UInt8], keyset: String, extra: String = ""
    ) -> String {
        let quote = Hex.string(quote.span)
        let log = SoftwareAccount.quoted(account.log)
        let compose = SoftwareAccount.quoted(account.compose)
        var json = #"{"vendor":"simulated","tee_type":"tdx","workload_keyset":\#(keyset)"#
        json += #"\#(extra),"evidence":{"quote":"\#(quote)","event_log":\#(log),"#
        json += #""app_compose":\#(compose),"vm_config":"{}","#
        json += #""key_custody":\#(account.custody)}}"#
        return json
    }

    /// The public key that speaks for the workload, as a keyset names it.
    private static let identity =
        #"{"algo":"ecdsa-secp256k1","public_key":"\#(SimulatedKMS.workload.publicKey.hex)"}"#

    private static func epochKeyset(_ key: PublicKey, notAfter: Int) -> String {
        #"{"workload_identity":{"public_key":\#(identity),"subject":null},"#
            + #""keyset_epoch":{"version":1,"not_after":\#(notAfter)},\#(keys(key))}"#
    }

    private static func keyset(_ key: PublicKey, notAfter: Int) -> String {
        #"{"subject":null,"not_after":\#(notAfter),\#(keys(key))}"#
    }

    private static func keys(_ key: PublicKey) -> String {
        let algorithm = "secp256k1-aes-256-gcm-hkdf-sha256"
        return #""receipt_signing_keys":[],"e2ee_public_keys":["#
            + #"{"key_id":"simulated-v1","algo":"\#(algorithm)","public_key":"\#(key.hex)"},"#
            + #"{"key_id":"simulated-v1-legacy-ecdsa","algo":"ecdsa","#
            + #""public_key":"\#(key.hex.dropFirst(2))"}],"tls_public_keys":[]"#
    }

    static func quoted(_ text: String) -> String { "\"\(text)\"" }

    private static func base64(_ bytes: [UInt8]) -> String {
        var text = Buffer()
        Base64.encode(bytes.span, to: &text)
        return text.readable.text
    }
}
