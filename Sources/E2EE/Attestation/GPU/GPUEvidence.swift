import Bytes

/// A reply's `nvidia_payload`: what NVIDIA's attestation service is asked with, and what each
/// device signed. Judged by nobody yet: that is `GPUVerifier`'s.
///
/// {"arch", "nonce": 64 digits, "evidence_list": [{"arch", "certificate": five certificates in text
/// armour, in base64, "evidence": an SPDM request and its response, in base64}]}
public struct GPUEvidence: Equatable, Sendable {
    public static let byteCountMax = 2 << 20
    public static let deviceCountMax = 64

    struct Device: Equatable, Sendable {
        /// Certificates in text armour. Empty where they are not spelled in base64, which no chain
        /// is; so it is with `message`.
        var chain: [UInt8]
        var message: [UInt8]
    }

    /// nil where there is none, or it is not 64 digits.
    let nonce: AttestationNonce?
    let devices: [Device]

    /// How many devices it holds evidence of.
    public var deviceCount: Int { devices.count }

    /// - Throws: `.gpuPayloadMalformed`, also of what is too large or names too many devices.
    public init(_ json: Span<UInt8>) throws(AttestationError) {
        guard json.count <= Self.byteCountMax, let members = JSONMembers(checking: json),
            let list = members.value("evidence_list", in: json)?.elements(in: json),
            list.count <= Self.deviceCountMax
        else { throw .gpuPayloadMalformed }
        let digits = members.claim("nonce", in: json)?.text
        nonce = digits.flatMap { AttestationNonce(hex: $0.span) }
        var devices: [Device] = []
        for element in list {
            guard let entry = JSONMembers(element, in: json) else { throw .gpuPayloadMalformed }
            devices.append(
                Device(
                    chain: Self.bytes(entry.claim("certificate", in: json)),
                    message: Self.bytes(entry.claim("evidence", in: json))))
        }
        self.devices = devices
    }

    init(nonce: AttestationNonce?, devices: [Device]) {
        self.nonce = nonce
        self.devices = devices
    }

    private static func bytes(_ claim: Claim?) -> [UInt8] {
        var bytes = Buffer()
        guard let text = claim?.text, (try? Base64.decode(text.span, to: &bytes)) != nil else {
            return []
        }
        return bytes.readable.array
    }
}
