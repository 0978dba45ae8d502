/// What a certificate is for: everything in it besides keys, names of issuers and signatures.
/// Source: RFC 5280, section 4.2.
public struct CertificateProfile: Sendable {
    public enum Role: Sendable, Equatable {
        case authority(pathLengthMax: Int?)
        case signer
        case server
    }

    public var commonName: String
    public var role: Role
    /// Unix seconds.
    public var validity: Range<Int>
    public var dnsNames: [String] = []
    /// In network order: 4 or 16 bytes each.
    public var addresses: [[UInt8]] = []
    /// Where the list of the revoked is published.
    public var revocationURL: String?
    /// What the certificate says of a platform.
    public var intel: IntelExtension?
    /// The hash of a device's firmware (48 bytes), as its certificate names it.
    public var firmwareID: [UInt8]?
    /// An extension that nobody knows and nobody may ignore.
    public var hasUnknownCriticalExtension = false

    public init(_ commonName: String, _ role: Role, validity: Range<Int>) {
        self.commonName = commonName
        self.role = role
        self.validity = validity
    }

    var subject: [UInt8] {
        DER.sequence(
            Self.attribute("2.5.4.3", commonName),
            Self.attribute("2.5.4.10", "e2ee-proxy simulator, not Intel"))
    }

    private static func attribute(_ type: String, _ value: String) -> [UInt8] {
        DER.set(DER.sequence(DER.objectIdentifier(type), DER.utf8String(value)))
    }

    /// The extensions, in the order in which Intel's certificates have them.
    func extensions(key: [UInt8], issuer: [UInt8]) -> [UInt8] {
        var list = [Self.authorityKey(issuer)]
        if let revocationURL { list.append(Self.distributionPoint(revocationURL)) }
        list.append(Self.entry("2.5.29.14", DER.octetString(key)))
        list.append(Self.entry("2.5.29.15", isCritical: true, keyUsage))
        list.append(Self.entry("2.5.29.19", isCritical: true, constraints))
        if role == .server {
            let purpose = DER.sequence(DER.objectIdentifier("1.3.6.1.5.5.7.3.1"))
            list.append(Self.entry("2.5.29.37", purpose))
            list.append(Self.entry("2.5.29.17", alternativeNames))
        }
        if let intel { list.append(Self.entry(IntelExtension.identifier, intel.encoded)) }
        if let firmwareID { list.append(Self.firmware(firmwareID)) }
        if hasUnknownCriticalExtension {
            list.append(Self.entry("1.3.6.1.4.1.55555.1", isCritical: true, DER.boolean(true)))
        }
        return DER.sequence(of: list)
    }

    static func authorityKey(_ identifier: [UInt8]) -> [UInt8] {
        entry("2.5.29.35", DER.sequence(DER.implicit(0, identifier)))
    }

    static func entry(
        _ identifier: String, isCritical: Bool = false, _ value: [UInt8]
    ) -> [UInt8] {
        DER.sequence(
            DER.objectIdentifier(identifier), isCritical ? DER.boolean(true) : [],
            DER.octetString(value))
    }

    /// Source: TCG DICE Attestation Architecture, section 6.1 (FWID with SHA-384).
    private static func firmware(_ identifier: [UInt8]) -> [UInt8] {
        let hash = DER.sequence(
            DER.objectIdentifier("2.16.840.1.101.3.4.2.2"), DER.octetString(identifier))
        return entry("2.23.133.5.4.1", DER.sequence(DER.integer(1), hash))
    }

    private static func distributionPoint(_ url: String) -> [UInt8] {
        let name = DER.tagged(0, DER.tagged(0, DER.implicit(6, Array(url.utf8))))
        return entry("2.5.29.31", DER.sequence(DER.sequence(name)))
    }

    private var keyUsage: [UInt8] {
        switch role {
        // keyCertSign, cRLSign
        case .authority: DER.bitString([0x06], unusedBitCount: 1)
        // digitalSignature, contentCommitment
        case .signer: DER.bitString([0xC0], unusedBitCount: 6)
        // digitalSignature
        case .server: DER.bitString([0x80], unusedBitCount: 7)
        }
    }

    private var constraints: [UInt8] {
        guard case .authority(let pathLengthMax) = role else { return DER.sequence() }
        return DER.sequence(DER.boolean(true), pathLengthMax.map(DER.integer) ?? [])
    }

    private var alternativeNames: [UInt8] {
        DER.sequence(
            of: dnsNames.map { DER.implicit(2, Array($0.utf8)) }
                + addresses.map { DER.implicit(7, $0) })
    }
}
