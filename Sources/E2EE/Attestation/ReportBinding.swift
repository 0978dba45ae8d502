import Bytes

/// What a quote's report data must say: address (20) | zeros (12) | nonce (32).
///
/// Other forms exist. Which one counts is settled by the provider's profile and never tried out: a
/// verifier that takes several lets the other side choose. The address is the one of the key that
/// texts will be sealed to; the address that the reply names would prove nothing about that key.
enum ReportBinding {
    static let byteCount = 64

    private static let addressRange = 0..<Address.byteCount
    private static let paddingRange = Address.byteCount..<32
    private static let nonceRange = 32..<64

    /// - Throws: `.statementFormNotSupported` where the last 32 bytes are zero; `.nonceMismatch`;
    ///   `.reportDataMalformed` where the padding is not zero; `.keyNotBound`.
    static func check(
        _ reportData: Span<UInt8>, binds address: Address, and nonce: AttestationNonce
    ) throws(AttestationError) {
        guard reportData.count == byteCount else { throw .reportDataMalformed }
        guard !isZero(reportData.extracting(nonceRange)) else {
            throw .statementFormNotSupported
        }
        guard reportData.extracting(nonceRange).equalsInConstantTime(nonce.bytes.span) else {
            throw .nonceMismatch
        }
        guard isZero(reportData.extracting(paddingRange)) else { throw .reportDataMalformed }
        guard reportData.extracting(addressRange).equalsInConstantTime(address.bytes.span) else {
            throw .keyNotBound
        }
    }

    private static func isZero(_ bytes: Span<UInt8>) -> Bool {
        var sum: UInt8 = 0
        for index in 0..<bytes.count { sum |= bytes[index] }
        return sum == 0
    }
}
