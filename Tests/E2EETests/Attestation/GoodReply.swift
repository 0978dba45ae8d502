import Bytes
import Testing

@testable import E2EE

/// One way to write a good reply differently.
struct GoodReply: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout ReplySample) -> Void

    init(_ testDescription: String, _ change: @escaping @Sendable (inout ReplySample) -> Void) {
        self.testDescription = testDescription
        self.change = change
    }

    static let all = [
        GoodReply("one key only") { $0["signing_key"] = nil },
        GoodReply("the other key only") { $0["signing_public_key"] = nil },
        GoodReply("a key of 128 digits") {
            $0["signing_key"] = "\"\(ReplySample.key.hex.dropFirst(2))\""
        },
        GoodReply("a key with a prefix, in capitals") {
            $0["signing_key"] = "\"0x\(ReplySample.key.hex.uppercased())\""
        },
        GoodReply("null for what is absent") {
            $0["signing_key"] = "null"
            $0["signing_address"] = "null"
            $0["signing_algo"] = "null"
            $0["attestation"] = "null"
        },
        GoodReply("an address in capitals without a prefix") {
            $0["signing_address"] = "\"\(ReplySample.key.address.hex.uppercased())\""
        },
        GoodReply("a nonce in capitals, twice") {
            $0["nonce"] = "\"\(ReplySample.nonce.hex.uppercased())\""
            $0["request_nonce"] = "\"\(ReplySample.nonce.hex)\""
        },
        GoodReply("only the other name of the nonce") {
            $0["request_nonce"] = $0["nonce"]
            $0["nonce"] = nil
        },
        GoodReply("a quote in base64") {
            var text = Buffer()
            Base64.encode($0.quote.bytes.span, to: &text)
            $0["intel_quote"] = "\"\(text.readable.text)\""
        },
        GoodReply("a quote in hex with a prefix, in capitals") {
            $0["intel_quote"] = "\"0x\(toHex($0.quote.bytes).uppercased())\""
        },
        GoodReply("the quote under its short name") {
            $0["quote"] = "\"\(toHex($0.quote.bytes))\""
            $0.isQuoteLeftOut = true
        },
        GoodReply("the short name beside the long one is passed over") { $0["quote"] = "\"zz\"" },
        GoodReply("padding behind the quote") {
            $0.quote.padding = [UInt8](repeating: 0, count: 70)
        },
        GoodReply("a report with flat members beside it") { $0.makeACI(notAfter: "9999999999") },
        GoodReply("the quote in the report only") {
            $0.makeACI(notAfter: "9999999999")
            $0.isQuoteLeftOut = true
        },
        GoodReply("a report without flat keys") {
            $0.makeACI(notAfter: "9999999999")
            $0["signing_public_key"] = nil
            $0["signing_address"] = nil
        },
        GoodReply("the newer keyset, without epoch and freshness") {
            $0["signing_key"] = nil
            $0["signing_public_key"] = nil
            $0["attestation"] = """
                {"workload_keyset":{"subject":null,"not_after":18446744073709552000,
                "e2ee_public_keys":\(ReplySample.keyset)}}
                """
        },
        GoodReply("members nobody knows") { $0["anything"] = "{\"a\":[1,{\"b\":null}]}" },
    ]
}
