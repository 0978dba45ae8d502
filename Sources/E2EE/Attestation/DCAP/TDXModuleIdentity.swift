import Bytes

/// Who signed a TDX module, and how good its versions are.
struct TDXModuleIdentity: Equatable, Sendable {
    /// `TDX_` and the version in two hexadecimal digits, in upper case; empty of the base module.
    let id: String
    let mrSigner: [UInt8]
    let attributes: [UInt8]
    /// The newest first; none of the base module, whose version the platform's levels judge.
    let levels: [EnclaveTCBLevel]

    init?(_ value: JSONValue, in json: Span<UInt8>) {
        guard let members = JSONMembers(value, in: json),
            let id = members.value("id", in: json)?.text(in: json),
            let levels = EnclaveTCBLevel.list(
                in: members, domain: TCBStatus.ofModules, of: json)
        else { return nil }
        self.init(id: id.uppercased(), members, levels: levels, in: json)
    }

    init?(base value: JSONValue, in json: Span<UInt8>) {
        guard let members = JSONMembers(value, in: json) else { return nil }
        self.init(id: "", members, levels: [], in: json)
    }

    private init?(
        id: String, _ members: JSONMembers, levels: [EnclaveTCBLevel], in json: Span<UInt8>
    ) {
        guard let mrSigner = members.hex("mrsigner", byteCount: 48, in: json),
            let attributes = members.hex("attributes", byteCount: 8, in: json),
            members.hex("attributesMask", byteCount: 8, in: json) != nil
        else { return nil }
        self.id = id
        self.mrSigner = mrSigner
        self.attributes = attributes
        self.levels = levels
    }

    /// Whether the module of a quote is this one's: Intel's own modules have attributes of zero,
    /// whatever the mask would let pass.
    func describes(signer: Span<UInt8>, attributes: Span<UInt8>) -> Bool {
        signer.equals(mrSigner.span) && attributes.equals(self.attributes.span)
            && self.attributes.allSatisfy { $0 == 0 }
    }
}
