import Testing

@testable import E2EE

/// One way to spoil a good reply, and the refusal it must meet.
struct BadReply: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var refusal: AttestationError
    var change: @Sendable (inout ReplySample) -> Void

    init(
        _ testDescription: String, _ refusal: AttestationError,
        _ change: @escaping @Sendable (inout ReplySample) -> Void
    ) {
        self.testDescription = testDescription
        self.refusal = refusal
        self.change = change
    }

    static let all = claims + keys + quotes + headers + bindings

    private static let claims = [
        BadReply("not called verified", .notVerified) { $0["verified"] = "false" },
        BadReply("verified is missing", .notVerified) { $0["verified"] = nil },
        BadReply("verified is null", .notVerified) { $0["verified"] = "null" },
        BadReply("verified is a text", .notVerified) { $0["verified"] = "\"true\"" },
        BadReply("verified is a number", .notVerified) { $0["verified"] = "1" },
        BadReply("no nonce", .nonceMissing) { $0["nonce"] = nil },
        BadReply("another nonce", .nonceMismatch) { $0["nonce"] = "\"\(toHex(ones))\"" },
        BadReply("a short nonce", .nonceMismatch) { $0["nonce"] = "\"40\"" },
        BadReply("a nonce with a prefix", .nonceMismatch) {
            $0["nonce"] = "\"0x\(ReplySample.nonce.hex)\""
        },
        BadReply("a nonce that is a number", .nonceMismatch) { $0["nonce"] = "1" },
        BadReply("a second nonce that differs", .nonceMismatch) {
            $0["request_nonce"] = "\"\(toHex(twos))\""
        },
        BadReply("no model", .modelMissing) { $0["model"] = nil },
        BadReply("another model", .modelMismatch) { $0["model"] = "\"e2ee-other\"" },
        BadReply("the model in capitals", .modelMismatch) { $0["model"] = "\"E2EE-MODEL\"" },
        BadReply("a model that is a list", .modelMismatch) { $0["model"] = "[\"e2ee-model\"]" },
        BadReply("an ed25519 key", .algorithmNotSupported) { $0["signing_algo"] = "\"ed25519\"" },
        BadReply("an algorithm that is a number", .algorithmNotSupported) {
            $0["signing_algo"] = "2"
        },
    ]

    private static let keys = [
        BadReply("no key", .keyMissing) {
            $0["signing_key"] = nil
            $0["signing_public_key"] = nil
        },
        BadReply("two keys that differ", .keysDiffer) {
            $0["signing_public_key"] = "\"\(ReplySample.otherKey.hex)\""
        },
        BadReply("the other of two keys differs", .keysDiffer) {
            $0["signing_key"] = "\"\(ReplySample.otherKey.hex)\""
        },
        BadReply("a key that is no hex", .keyMalformed) { $0["signing_key"] = "\"key\"" },
        BadReply("a key off the curve", .keyMalformed) {
            $0["signing_key"] = "\"\(ReplySample.key.hex.dropLast(2))00\""
        },
        BadReply("a compressed key", .keyMalformed) {
            $0["signing_key"] = "\"03\(ReplySample.key.hex.dropFirst(2).prefix(64))\""
        },
        BadReply("a key that is a number", .keyMalformed) { $0["signing_key"] = "4" },
        BadReply("key swapped, address kept", .addressMismatch) {
            $0["signing_key"] = "\"\(ReplySample.otherKey.hex)\""
            $0["signing_public_key"] = nil
        },
        BadReply("address swapped, key kept", .addressMismatch) {
            $0["signing_address"] = "\"0x\(ReplySample.otherKey.address.hex)\""
        },
        BadReply("an address that is no hex", .addressMismatch) { $0["signing_address"] = "\"-\"" },
        BadReply("an address cut short", .addressMismatch) {
            $0["signing_address"] = "\"\(ReplySample.key.address.hex.dropLast(2))\""
        },
        BadReply("two different keys in the keyset", .keysDiffer) {
            $0["signing_key"] = nil
            $0["signing_public_key"] = nil
            $0["workload_keyset"] = """
                {"e2ee_public_keys":[{"algo":"ecdsa","public_key":"\(ReplySample.key.hex)"},
                {"algo":"ecdsa","public_key":"\(ReplySample.otherKey.hex)"}]}
                """
        },
        BadReply("a keyset without a key of our kind", .keyMissing) {
            $0["signing_key"] = nil
            $0["signing_public_key"] = nil
            $0["workload_keyset"] = """
                {"e2ee_public_keys":[{"algo":"x25519","public_key":"\(ReplySample.key.hex)"},7]}
                """
        },
    ]

    private static let quotes = [
        BadReply("no quote", .quoteMissing) { $0.isQuoteLeftOut = true },
        BadReply("an empty quote", .quoteMalformed) { $0["intel_quote"] = "\"\"" },
        BadReply("a quote that is neither hex nor base64", .quoteMalformed) {
            $0["intel_quote"] = "\"04#\""
        },
        BadReply("a quote that is an object", .quoteMalformed) { $0["intel_quote"] = "{}" },
        BadReply("two quotes that differ", .quotesDiffer) {
            $0.makeACI(notAfter: "9999999999")
            $0.quote.signature[0] ^= 1
        },
        BadReply("a quote beyond all measure", .quoteTooLarge(byteCountMax: 65_536)) {
            $0.quote.padding = [UInt8](repeating: 0, count: 65_536)
        },
        BadReply("a quote cut before its report ends", .quoteTruncated(byteCount: 631)) {
            $0["intel_quote"] = "\"\(toHex(Array($0.quote.bytes.prefix(631))))\""
        },
        BadReply("a quote one byte short", .quoteTruncated(byteCount: 835)) {
            $0["intel_quote"] = "\"\(toHex($0.quote.bytes.dropLast()))\""
        },
        BadReply("more signature declared than there is", .quoteTruncated(byteCount: 836)) {
            $0.quote.declaredByteCount = 201
        },
        BadReply("the largest size declared", .quoteTruncated(byteCount: 836)) {
            $0.quote.declaredByteCount = .max
        },
        BadReply("no signature", .signatureMissing) { $0.quote.signature = [] },
    ]

    private static let headers = [
        BadReply("SGX", .notTDX) { $0.quote.teeType = 0 },
        BadReply("a kind of machine nobody knows", .notTDX) { $0.quote.teeType = 0x82 },
        BadReply("SGX, version 3", .notTDX) {
            $0.quote.version = 3
            $0.quote.teeType = 0
        },
        BadReply("version 3", .quoteVersionNotSupported(3)) { $0.quote.version = 3 },
        BadReply("version 6", .quoteVersionNotSupported(6)) { $0.quote.version = 6 },
        BadReply("version in the other byte order", .quoteVersionNotSupported(0x400)) {
            $0.quote.version = 0x400
        },
        BadReply("a P-384 attestation key", .attestationKeyNotSupported(3)) {
            $0.quote.keyType = 3
        },
        BadReply("another vendor", .vendorNotIntel) { $0.quote.vendor[15] ^= 1 },
        BadReply("an SGX body in version 5", .notTDX) {
            $0.quote.version = 5
            $0.quote.bodyType = 1
        },
        BadReply("an extended body", .bodyExtendedNotSupported) {
            $0.quote.version = 5
            $0.quote.bodyType = 4
        },
        BadReply("a body type nobody knows", .bodyTypeNotSupported(9)) {
            $0.quote.version = 5
            $0.quote.bodyType = 9
        },
        BadReply("a body of the wrong size", .bodySizeMismatch(649)) {
            $0.quote.version = 5
            $0.quote.describedByteCount = 649
        },
        BadReply("a body of the other type's size", .bodySizeMismatch(584)) {
            $0.quote.version = 5
            $0.quote.describedByteCount = 584
        },
        BadReply("a body of 4 GiB", .bodySizeMismatch(0xFFFF_FFFF)) {
            $0.quote.version = 5
            $0.quote.describedByteCount = .max
        },
        BadReply("debug", .debugTD) { $0.quote.attributes |= 1 },
        BadReply("debug in version 5", .debugTD) {
            $0.quote.version = 5
            $0.quote.attributes |= 1
        },
    ]

    private static let bindings = [
        BadReply("the quote has another nonce", .nonceMismatch) { $0.quote.reportData[32] ^= 1 },
        BadReply("the nonce's last byte differs", .nonceMismatch) { $0.quote.reportData[63] ^= 1 },
        BadReply("padding that is not zero", .reportDataMalformed) { $0.quote.reportData[20] = 1 },
        BadReply("padding whose end is not zero", .reportDataMalformed) {
            $0.quote.reportData[31] = 1
        },
        BadReply("the quote binds another address", .keyNotBound) {
            $0.quote.reportData[0] ^= 1
        },
        BadReply("key and address swapped together", .keyNotBound) {
            $0["signing_key"] = "\"\(ReplySample.otherKey.hex)\""
            $0["signing_public_key"] = nil
            $0["signing_address"] = "\"0x\(ReplySample.otherKey.address.hex)\""
        },
        BadReply("key swapped, address left out", .keyNotBound) {
            $0["signing_key"] = "\"\(ReplySample.otherKey.hex)\""
            $0["signing_public_key"] = nil
            $0["signing_address"] = nil
        },
        BadReply("the quote binds a statement", .statementFormNotSupported) {
            $0.quote.reportData = ones + [UInt8](repeating: 0, count: 32)
        },
        BadReply("the quote binds nothing", .statementFormNotSupported) {
            $0.quote.reportData = [UInt8](repeating: 0, count: 64)
        },
    ]
}
