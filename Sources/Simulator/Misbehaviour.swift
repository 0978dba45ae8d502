/// What a simulated model does wrong, chosen by its name: `e2ee-bad-` and the case in kebab case.
public enum Misbehaviour: String, CaseIterable, Sendable {
    // Evidence.
    /// The reply repeats another nonce than it was asked with.
    case wrongNonce
    /// The quote binds another nonce; the reply repeats the right one.
    case wrongReportDataNonce
    /// Key and address are another's; the quote binds the true ones.
    case swappedKey
    /// The address alone is another's.
    case swappedAddress
    /// The bytes between address and nonce in the quote are not zero.
    case dirtyPadding
    case debug
    case sgx
    case version3
    case truncatedQuote
    /// Neither hex nor base64.
    case notHex
    case unverified
    case verifiedMissing
    case otherModel
    case keyOffCurve
    case compressedKey
    /// `signing_key` and `signing_public_key` are two keys.
    case keysDiffer
    case noKey
    case noQuote
    /// The quote binds the hash of a statement and no nonce.
    case statementForm
    case notJSON
    case expired
    // Evidence of the software, which full verification looks at.
    /// An event's payload is another than its digest was made of.
    case eventPayloadChanged
    case eventDigestChanged
    case eventsSwapped
    case eventLeftOut
    /// Measured twice, and told so.
    case composeHashTwice
    /// The application measures an app-id of its own.
    case eventAfterReady
    case eventOutOfRange
    case noEventLog
    /// One byte of the text that is said to run.
    case composeChanged
    /// The reply claims another compose hash than was measured.
    case claimedHashChanged
    case otherConfigID = "otherConfigId"
    case ownerSet
    case keysetDigestChanged
    case otherWorkload
    case endorsementChanged
    /// The keyset lists another key.
    case keyNotInKeyset
    case custodyOfOtherKey
    case wrongKMSRoot = "wrongKmsRoot"
    case unpinnedApp
    case unpinnedImage
    case unpinnedKeyProvider
    /// Pinned, as one for development.
    case developmentImage
    /// A pinned app with a text that nobody has seen.
    case newCompose
    // Evidence of GPUs.
    /// The device signed for another nonce.
    case gpuNonce
    case gpuSignature
    /// The firmware's hash is not the certificate's.
    case gpuFirmware
    case gpuOtherRoot
    case gpuCutChain
    // The answer of NVIDIA's attestation service.
    case nrasRefuses
    /// The overall token says `none` for its algorithm and has no signature.
    case nrasUnsigned
    case nrasOtherNonce
    case nrasMissingDevice
    case nrasExpired
    // The status of the reply with the evidence.
    case attestation500
    case attestation429
    case attestationRedirect
    // The answer's texts.
    case alteredTag
    /// Sealed to a key nobody has.
    case wrongKey
    case clearText
    case shortEnvelope
    case repeatedEnvelope
    case clearToolCalls
    case twoChoices
    case unknownFinish
    /// One character's bytes stand in two envelopes.
    case splitCharacter
    // The answer's course.
    case noFinish
    case noDone
    /// The connection ends without TLS's farewell.
    case cutMidway
    /// TLS says farewell, the body has no last chunk.
    case closeMidway
    case errorFirst
    case errorMidway
    case stallBeforeHead
    case stallMidway
    case staleKeyOnce
    case staleKeyAlways
    // The answer's status.
    case status401, status402, status403, status404, status413, status422, status429
    case status500, status503, status504
    case redirect
    // The answer's framing.
    case garbage
    /// A line of nine million bytes.
    case hugeLine
    case badChunkSize
    /// Every byte is a chunk and a record of its own.
    case byteByByte
    case crlf
    case comments
    /// The whole answer is one chunk in one record.
    case manyPerRecord

    private static let prefix = "e2ee-bad-"

    public init?(model: String) {
        guard let found = Self.allCases.first(where: { $0.model == model }) else { return nil }
        self = found
    }

    /// The model that behaves so: `e2ee-bad-wrong-nonce`, `e2ee-bad-status-401`.
    public var model: String {
        var name = Self.prefix
        var before: Unicode.Scalar = "-"
        for scalar in rawValue.unicodeScalars {
            let startsWord =
                Self.isUpper(scalar) && !Self.isUpper(before)
                || Self.isDigit(scalar) && !Self.isDigit(before)
            if startsWord { name += "-" }
            name += String(scalar).lowercased()
            before = scalar
        }
        return name
    }

    private static func isUpper(_ scalar: Unicode.Scalar) -> Bool { "A"..."Z" ~= scalar }
    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { "0"..."9" ~= scalar }

    /// The shape of the reply in which it can be told.
    var shape: AttestationShape {
        switch self {
        case .expired, .keysetDigestChanged, .otherWorkload, .endorsementChanged, .keyNotInKeyset,
            .custodyOfOtherKey, .wrongKMSRoot:
            .aci
        default: .flat
        }
    }

    /// The status that an answer with nothing but a status has.
    var status: Int? {
        guard rawValue.hasPrefix("status") else { return nil }
        return Int(rawValue.dropFirst("status".count))
    }
}
