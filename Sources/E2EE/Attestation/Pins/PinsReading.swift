import Bytes

extension Pins {
    public static let byteCountMax = 1 << 20
    static let entryCountMax = 1000

    /// The pins that `json` lists:
    ///
    ///     {"e2ee_proxy_pins":1,
    ///      "base_images":[{"name":…,"mr_td":hex,"rtmr1":hex,"rtmr2":hex,"os_image_hash":hex,
    ///                      "development":bool,"source":…}…],
    ///      "kms_roots":[{"name":…,"key":hex,"source":…}…],
    ///      "apps":[{"name":…,"app_id":hex,"key_provider":{"name":"kms","id":hex},
    ///               "scope":"model-host" or "gateway","source":…}…],
    ///      "compose_hashes":[{"name":…,"app_id":hex,"compose_hash":hex,"source":…}…]}
    ///
    /// Lists may be left out, and so may `source`.
    public init(json: Span<UInt8>) throws(PinsError) {
        self.init()
        guard json.count <= Self.byteCountMax else {
            throw .tooLarge(byteCountMax: Self.byteCountMax)
        }
        guard (try? JSONDocument.check(json)) != nil, let root = JSONDocument.root(of: json) else {
            throw .notJSON
        }
        guard let members = JSONMembers(root, in: json),
            members.number("e2ee_proxy_pins", max: 1, in: json) == 1
        else { throw .notPins }
        let known = 1 + PinsError.List.allCases.count { Self.value($0, members, json) != nil }
        guard members.count == known else { throw .unknownMember }
        for (index, entry) in try Self.entries(.baseImages, members, json).enumerated() {
            guard let image = Self.baseImage(entry, json) else {
                throw .badEntry(.baseImages, index: index)
            }
            baseImages.append(image)
        }
        for (index, entry) in try Self.entries(.kmsRoots, members, json).enumerated() {
            guard let root = Self.kmsRoot(entry, json) else {
                throw .badEntry(.kmsRoots, index: index)
            }
            kmsRoots.append(root)
        }
        for (index, entry) in try Self.entries(.apps, members, json).enumerated() {
            guard let app = Self.app(entry, json) else { throw .badEntry(.apps, index: index) }
            apps.append(app)
        }
        for (index, entry) in try Self.entries(.composes, members, json).enumerated() {
            guard let compose = Self.compose(entry, json) else {
                throw .badEntry(.composes, index: index)
            }
            composes.append(compose)
        }
    }

    private static func value(
        _ list: PinsError.List, _ members: JSONMembers, _ json: Span<UInt8>
    ) -> JSONValue? {
        switch list {
        case .baseImages: members.value("base_images", in: json)
        case .kmsRoots: members.value("kms_roots", in: json)
        case .apps: members.value("apps", in: json)
        case .composes: members.value("compose_hashes", in: json)
        }
    }

    private static func entries(
        _ list: PinsError.List, _ members: JSONMembers, _ json: Span<UInt8>
    ) throws(PinsError) -> [JSONMembers] {
        guard let value = value(list, members, json) else { return [] }
        guard let values = value.elements(in: json), values.count <= entryCountMax else {
            throw .badList(list)
        }
        let entries = values.compactMap { JSONMembers($0, in: json) }
        guard entries.count == values.count else { throw .badList(list) }
        return entries
    }

    /// Name and source; nil where there is no name, or another count of members than `count`
    /// beside these.
    private static func texts(
        _ entry: JSONMembers, besides count: Int, _ json: Span<UInt8>
    ) -> (name: String, source: String)? {
        guard let name = entry.value("name", in: json)?.text(in: json) else { return nil }
        guard let source = entry.value("source", in: json) else {
            return entry.count == count + 1 ? (name, "") : nil
        }
        guard let text = source.text(in: json), entry.count == count + 2 else { return nil }
        return (name, text)
    }

    private static func baseImage(_ entry: JSONMembers, _ json: Span<UInt8>) -> BaseImage? {
        guard let texts = texts(entry, besides: 5, json),
            let mrTD = entry.hex("mr_td", byteCount: 48, in: json),
            let rtmr1 = entry.hex("rtmr1", byteCount: 48, in: json),
            let rtmr2 = entry.hex("rtmr2", byteCount: 48, in: json),
            let osImageHash = entry.hex("os_image_hash", byteCount: 32, in: json),
            case .bool(let isDevelopment)? = entry.value("development", in: json)?.kind
        else { return nil }
        return BaseImage(
            name: texts.name, mrTD: mrTD, rtmr1: rtmr1, rtmr2: rtmr2, osImageHash: osImageHash,
            isDevelopment: isDevelopment, source: texts.source)
    }

    private static func kmsRoot(_ entry: JSONMembers, _ json: Span<UInt8>) -> KMSRoot? {
        guard let texts = texts(entry, besides: 1, json),
            let key = entry.hex("key", byteCount: 33, in: json), key[0] == 2 || key[0] == 3
        else { return nil }
        return KMSRoot(name: texts.name, key: key, source: texts.source)
    }

    private static func app(_ entry: JSONMembers, _ json: Span<UInt8>) -> App? {
        guard let texts = texts(entry, besides: 3, json),
            let appID = entry.hex("app_id", byteCount: 20, in: json),
            let provider = entry.object("key_provider", in: json), provider.count == 2,
            let keyProvider = KeyProvider(provider, in: json),
            let value = entry.value("scope", in: json)
        else { return nil }
        let scope: VerifiedKey.Scope
        if value.says("model-host", in: json) {
            scope = .modelHost
        } else if value.says("gateway", in: json) {
            scope = .gateway
        } else {
            return nil
        }
        return App(
            name: texts.name, appID: appID, keyProvider: keyProvider, scope: scope,
            source: texts.source)
    }

    private static func compose(_ entry: JSONMembers, _ json: Span<UInt8>) -> Compose? {
        guard let texts = texts(entry, besides: 2, json),
            let appID = entry.hex("app_id", byteCount: 20, in: json),
            let composeHash = entry.hex("compose_hash", byteCount: 32, in: json)
        else { return nil }
        return Compose(
            name: texts.name, appID: appID, composeHash: composeHash, source: texts.source)
    }
}
