import Bytes

/// Header, body and signature data of a quote.
struct ParsedQuote {
    let quote: TDXQuote
    let signature: QuoteSignature

    init(_ bytes: Span<UInt8>) throws(AttestationError) {
        quote = try TDXQuote(bytes)
        signature = try QuoteSignature(quote.signatureData, in: bytes)
    }
}
