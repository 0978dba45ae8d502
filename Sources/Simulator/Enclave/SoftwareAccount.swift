import Bytes
import E2EE

/// What a reply says about its enclave's software and keys, which a misbehaviour makes differ from
/// what was measured, or has measured what it should not.
struct SoftwareAccount {
    /// What is measured.
    private(set) var software: SimulatedSoftware
    /// The text that is said to run.
    private(set) var compose: String
    private(set) var events: [SimulatedEvent] = []
    private(set) var custody: String
    /// The key that the keyset lists.
    private(set) var keysetKey: PublicKey
    private let misbehaviour: Misbehaviour?

    /// - `key`: the enclave's.
    /// - `other`: one that is not.
    init(of model: SimulatedModel, key: PublicKey, other: PublicKey) {
        misbehaviour = model.misbehaviour
        software = model.software
        keysetKey = model.misbehaviour == .keyNotInKeyset ? other : key
        compose = ""
        let isOther = model.misbehaviour == .custodyOfOtherKey
        let kms = model.misbehaviour == .wrongKMSRoot ? SimulatedKMS.other : .root
        custody = kms.custody(
            of: isOther ? other : key, identity: SimulatedKMS.workload.publicKey,
            app: model.software.appID)
        changeSoftware()
        compose = software.compose
        if misbehaviour == .composeChanged { compose += " " }
        events = software.events
        changeEvents()
    }

    private mutating func changeSoftware() {
        switch misbehaviour {
        case .unpinnedApp: software = SimulatedSoftware(app: "stranger")
        case .unpinnedImage: software.image = "unknown image"
        case .unpinnedKeyProvider: software.keyProviderID[0] ^= 1
        case .developmentImage: software.image = SimulatedSoftware.developmentImage
        case .newCompose: software.compose += "\n"
        case .composeHashTwice: software.repeatsComposeHash = true
        case .eventAfterReady: software.later = [SimulatedEvent("app-id", software.appID)]
        default: break
        }
    }

    private mutating func changeEvents() {
        guard let place = events.firstIndex(where: { $0.name == "compose-hash" }) else { return }
        switch misbehaviour {
        case .eventPayloadChanged: events[place].payload[0] ^= 1
        case .eventDigestChanged: events[0].digest = Hex.string(Hash.sha384([]).span)
        case .eventsSwapped: events.swapAt(place, place - 1)
        case .eventLeftOut: events.remove(at: place + 1)
        case .eventOutOfRange: events[0].register = 4
        default: break
        }
    }

    /// The log as a JSON array.
    var log: String { "[" + events.map(\.json).joined(separator: ",") + "]" }

    /// A flat reply's `info`.
    var info: String {
        var hash = software.composeHash
        if misbehaviour == .claimedHashChanged { hash[0] ^= 1 }
        let (app, image) = (Hex.string(software.appID.span), Hex.string(software.osImageHash.span))
        let compose = Self.quoted(compose)
        var json = #"{"app_name":"simulated","app_id":"\#(app)","#
        json += #""compose_hash":"\#(Hex.string(hash.span))","os_image_hash":"\#(image)","#
        json += #""tcb_info":{"app_compose":\#(compose)},"vm_config":"{}"}"#
        return json
    }

    /// What the workload's identity key signs of a keyset.
    func endorsement(of keyset: String) -> String {
        let statement =
            #"{"purpose":"aci.keyset.endorsement.v1","workload_keyset_digest":"#
            + #""\#(Self.digest(of: keyset))"}"#
        var signature = SimulatedKMS.workload.endorsement(of: Array(statement.utf8))
        if misbehaviour == .endorsementChanged { signature[40] ^= 1 }
        return #"{"algo":"ecdsa-secp256k1","value":"\#(Hex.string(signature.span))"}"#
    }

    /// The text as a JSON string.
    static func quoted(_ text: String) -> String {
        var string = Buffer()
        string.append(jsonString: text)
        return string.readable.text
    }

    /// `sha256:` and the digest of a JSON text's canonical form.
    static func digest(of json: String) -> String {
        var canonical = Buffer()
        let bytes = Array(json.utf8)
        guard let root = JSONDocument.root(of: bytes.span),
            (try? JCS.append(root, in: bytes.span, to: &canonical)) != nil
        else { preconditionFailure("a text of ours that is no JSON") }
        return "sha256:" + Hex.string(Hash.sha256(canonical.readable.array).span)
    }
}
