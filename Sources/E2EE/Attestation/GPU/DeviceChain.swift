import Bytes

/// The five certificates of a device: of the firmware that measures, of the boot ROM, of the
/// provisioner, of the family and the root. What is here has been verified, but for revocation:
/// NVIDIA answers that over OCSP, and its attestation service asks there.
struct DeviceChain: ~Copyable {
    static let certificateCount = 5

    let key: ECDSAPublicKey
    /// The chip's name, which the leaf's common name starts with: `GH100`.
    let chip: String
    /// SHA-384 of the firmware that holds the key, as the boot ROM saw it.
    let firmwareID: [UInt8]?
    /// Switches do not repeat their firmware's hash in what they sign.
    let isSwitch: Bool

    /// - `text`: exactly five certificates, leaf first, in text armour.
    /// - `now`: Unix seconds.
    /// - Throws: `.gpuChain`; `.gpuUntrustedRoot` where the last certificate is not `root`.
    init(
        _ text: Span<UInt8>, root: borrowing X509Certificate, at now: Int
    ) throws(AttestationError) {
        let countMax = Self.certificateCount
        guard let certificates = CertificateText.certificates(in: text, countMax: countMax),
            certificates.count == Self.certificateCount
        else { throw .gpuChain }
        guard certificates[4] == root.der else { throw .gpuUntrustedRoot }
        guard let leaf = X509Certificate(der: certificates[0], signedWith: .ecdsaSHA384),
            let bootROM = X509Certificate(der: certificates[1], signedWith: .ecdsaSHA384),
            let provisioner = X509Certificate(der: certificates[2], signedWith: .ecdsaSHA384),
            let family = X509Certificate(der: certificates[3], signedWith: .ecdsaSHA384),
            !leaf.isAuthority,
            leaf.isIssued(under: root, through: bootROM, provisioner, family),
            let times = [leaf.validity, bootROM.validity, provisioner.validity, family.validity]
                .allPresent, times.allSatisfy({ $0.contains(now) }),
            let rootTime = root.validity, rootTime.contains(now),
            let key = leaf.publicKey(on: .p384), let name = leaf.commonName,
            let chip = Self.firstWord(of: name.span)
        else { throw .gpuChain }
        if let value = leaf.extensionValue(Self.deviceIDIdentifier) {
            guard let hash = Self.firmwareID(in: value.span) else { throw .gpuChain }
            firmwareID = hash
        } else {
            firmwareID = nil
        }
        self.chip = chip
        isSwitch = name.span.starts(with: "LS_10 ")
        self.key = key
    }

    /// tcg-dice-CompositeDeviceID.
    private static let deviceIDIdentifier = "2.23.133.5.4.1"
    /// 2.16.840.1.101.3.4.2.2
    private static let sha384: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02]

    /// The hash at the end of sequence { version, device's key, sequence { algorithm, hash } }.
    /// Source: TCG DICE Layering Architecture, section 7.1.
    private static func firmwareID(in value: Span<UInt8>) -> [UInt8]? {
        var outer = DERCursor(0..<value.count)
        guard let content = outer.next(DERCursor.sequence, in: value), outer.isAtEnd else {
            return nil
        }
        var cursor = DERCursor(content)
        var last: (tag: UInt8, content: Range<Int>)?
        while !cursor.isAtEnd {
            guard let next = cursor.next(in: value) else { return nil }
            last = next
        }
        guard let last, last.tag == DERCursor.sequence else { return nil }
        var inner = DERCursor(last.content)
        guard let algorithm = inner.next(DERCursor.objectIdentifier, in: value),
            value.extracting(algorithm).equals(sha384.span),
            let hash = inner.next(DERCursor.octetString, in: value), hash.count == 48,
            inner.isAtEnd
        else { return nil }
        return value.extracting(hash).array
    }

    private static func firstWord(of name: Span<UInt8>) -> String? {
        guard let end = name.firstIndex(of: .space) else { return nil }
        return DeviceText.version(name.extracting(0..<end))
    }
}

extension [Range<Int>?] {
    /// All of them; nil where one is missing.
    fileprivate var allPresent: [Range<Int>]? {
        let present = compactMap { $0 }
        return present.count == count ? present : nil
    }
}
