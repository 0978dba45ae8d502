import Bytes
public import E2EE

/// The software of one simulated enclave: an image, an app, and what measuring their start leaves
/// in a quote and a log.
public struct SimulatedSoftware: Sendable {
    /// Names everything that the image measures.
    public var image: String
    /// 20 bytes.
    public var appID: [UInt8]
    /// The text that says what is run.
    public var compose: String
    /// In the place of a KMS's public key.
    public var keyProviderID: [UInt8]
    /// Whether the compose hash is measured twice.
    public var repeatsComposeHash = false
    /// What is measured behind `system-ready`.
    public var later: [SimulatedEvent] = []

    /// What serves a model itself.
    public static let modelHost = SimulatedSoftware(app: "model host")
    /// What stands between a client and such a host.
    public static let gateway = SimulatedSoftware(app: "gateway")

    /// The name of an image whose pin says that it is one for development.
    static let developmentImage = "development image"

    /// - `app`: names the app and its text.
    public init(app: String) {
        image = "image"
        appID = Array(Hash.sha256(Array("simulated app: \(app)".utf8)).prefix(20))
        compose = #"{"manifest_version":2,"name":"simulated \#(app)","runner":"none"}"#
        keyProviderID = Hash.sha256(Array("simulated key provider".utf8))
    }

    public var composeHash: [UInt8] { Hash.sha256(Array(compose.utf8)) }
    public var osImageHash: [UInt8] { Hash.sha256(Array("simulated \(image)".utf8)) }
    public var mrTD: [UInt8] { SimulatedQuote.measurement("\(image) firmware") }

    /// Everything that was measured, in order.
    public var events: [SimulatedEvent] {
        let provider = #"{"name":"kms","id":"\#(Hex.string(keyProviderID.span))"}"#
        let hash = SimulatedEvent("compose-hash", composeHash)
        let start = [
            SimulatedEvent(register: 0, type: 0x8000_000B, "\(image) machine"),
            SimulatedEvent(register: 1, type: 0x8000_0003, "\(image) kernel"),
            SimulatedEvent(register: 2, type: 6, "\(image) command line"),
            SimulatedEvent(register: 2, type: 6, "\(image) RAM disk"),
            SimulatedEvent("system-preparing"),
            SimulatedEvent("app-id", appID),
        ]
        let end = [
            SimulatedEvent("instance-id", Array(appID.reversed())),
            SimulatedEvent("boot-mr-done"),
            SimulatedEvent("mr-kms", Hash.sha256(Array("simulated KMS".utf8))),
            SimulatedEvent("os-image-hash", osImageHash),
            SimulatedEvent("key-provider", Array(provider.utf8)),
            SimulatedEvent("storage-fs", Array("zfs".utf8)),
            SimulatedEvent("system-ready"),
        ]
        return start + (repeatsComposeHash ? [hash, hash] : [hash]) + end + later
    }

    /// Puts what was measured into a quote's body.
    /// - `events`: nil for those of this software.
    public func measure(into quote: inout SimulatedQuote, events: [SimulatedEvent]? = nil) {
        quote.mrTD = mrTD
        quote.rtmrs = SimulatedEvent.registers(after: events ?? self.events)
        quote.mrConfigID = [1] + composeHash + [UInt8](repeating: 0, count: 15)
    }

    /// Members of a flat reply as they are spelled: the log, and `info`.
    public var flatMembers: String {
        let compose = SoftwareAccount.quoted(compose)
        let log = events.map(\.json).joined(separator: ",")
        var json = #""event_log":[\#(log)],"info":{"app_id":"\#(Self.hex(appID))","#
        json += #""compose_hash":"\#(Self.hex(composeHash))","#
        json += #""os_image_hash":"\#(Self.hex(osImageHash))","#
        json += #""tcb_info":{"app_compose":\#(compose)}}"#
        return json
    }

    // MARK: Pins

    /// The pins by which this software is trusted.
    /// - `scope`: what machine a key of the app is said to belong to.
    public func pins(scope: VerifiedKey.Scope, isDevelopment: Bool = false) -> Pins {
        let registers = SimulatedEvent.registers(after: events)
        let image: [(String, String)] = [
            ("name", "simulated \(self.image)"), ("mr_td", Self.hex(mrTD)),
            ("rtmr1", Self.hex(registers[1])), ("rtmr2", Self.hex(registers[2])),
            ("os_image_hash", Self.hex(osImageHash)),
        ]
        let kms = [
            ("name", "simulated KMS"), ("key", Self.hex(SimulatedKMS.root.publicKey.compressed)),
        ]
        let app = [
            ("name", "simulated app"), ("app_id", Self.hex(appID)),
            ("scope", scope == .modelHost ? "model-host" : "gateway"),
        ]
        let compose = [
            ("name", "simulated text"), ("app_id", Self.hex(appID)),
            ("compose_hash", Self.hex(composeHash)),
        ]
        let provider = Self.object([("name", "kms"), ("id", Self.hex(keyProviderID))])
        var json = #"{"e2ee_proxy_pins":1,"base_images":["#
        json += Self.object(image, #","development":\#(isDevelopment)"#)
        json += #"],"kms_roots":[\#(Self.object(kms))],"apps":["#
        json += Self.object(app, #","key_provider":\#(provider)"#)
        json += #"],"compose_hashes":[\#(Self.object(compose))]}"#
        do throws(PinsError) { return try Pins(json: Array(json.utf8).span) } catch {
            preconditionFailure("pins of ours: \(error)")
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String { Hex.string(bytes.span) }

    private static func object(_ texts: [(String, String)], _ more: String = "") -> String {
        let members = texts.map { #""\#($0.0)":"\#($0.1)""# }
        return "{" + members.joined(separator: ",") + more + "}"
    }
}
