import Bytes

/// Who gave a TD its keys, and so decides which software an app-id may stand for. Source: dstack,
/// event `key-provider`.
public struct KeyProvider: Equatable, Hashable, Sendable {
    static let idByteCountMax = 1024

    /// `kms`, `local-sgx`, `none`.
    public let name: String
    /// The provider's public key (DER) for a KMS, a measurement for SGX.
    public let id: [UInt8]

    public init(name: String, id: [UInt8]) {
        self.name = name
        self.id = id
    }

    /// - `payload`: `{"name":…,"id":hex}`. nil of anything else.
    init?(payload: Span<UInt8>) {
        guard payload.count <= 4 * Self.idByteCountMax, let members = JSONMembers(checking: payload)
        else { return nil }
        self.init(members, in: payload)
    }

    init?(_ members: JSONMembers, in json: Span<UInt8>) {
        guard let name = members.value("name", in: json)?.text(in: json), name.utf8.count <= 64,
            let id = members.bytes("id", in: json), id.count <= Self.idByteCountMax
        else { return nil }
        self.init(name: name, id: id)
    }

    /// `kms:3059…`
    public var text: String { "\(name):\(Hex.string(id.span))" }
}
