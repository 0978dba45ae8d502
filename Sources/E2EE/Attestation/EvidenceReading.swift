import Bytes

/// The claims as values, each with the refusal that a bad one earns.
extension Evidence {
    /// The key to seal to. Where the reply names it twice both must be the same point.
    /// - Throws: `.keyMissing`, `.keyMalformed`, `.keysDiffer`.
    func key() throws(AttestationError) -> PublicKey {
        var found: PublicKey?
        for claim in keys.isEmpty ? keysetKeys : keys {
            let key = try Self.key(claim)
            guard found == nil || found == key else { throw .keysDiffer }
            found = key
        }
        guard let found else { throw .keyMissing }
        return found
    }

    private static func key(_ claim: Claim) throws(AttestationError) -> PublicKey {
        guard let digits = claim.text else { throw .keyMalformed }
        do throws(E2EEError) {
            return try PublicKey(hex: digits.span)
        } catch {
            throw .keyMalformed
        }
    }

    /// The quote's bytes. Where the reply holds it twice both must be the same bytes.
    /// - Throws: `.quoteMissing`, `.quoteMalformed`, `.quotesDiffer`, `.quoteTooLarge`.
    func quote() throws(AttestationError) -> [UInt8] {
        var found: [UInt8]?
        for claim in quotes {
            let quote = try Self.quote(claim)
            guard found == nil || found == quote else { throw .quotesDiffer }
            found = quote
        }
        guard let found else { throw .quoteMissing }
        return found
    }

    /// Hex is tried first: no quote reads as hex in base64, since its first bytes are `BAAC` there.
    private static func quote(_ claim: Claim) throws(AttestationError) -> [UInt8] {
        guard let text = claim.text, !text.isEmpty else { throw .quoteMalformed }
        guard text.count <= 2 * TDXQuote.byteCountMax + 2 else {
            throw .quoteTooLarge(byteCountMax: TDXQuote.byteCountMax)
        }
        if let bytes = Hex.bytes(Hex.withoutPrefix(text.span)) { return bytes }
        var bytes = Buffer()
        do {
            try Base64.decode(text.span, to: &bytes)
        } catch {
            throw .quoteMalformed
        }
        return bytes.readable.array
    }

    /// The earliest of the limits in Unix seconds; `UInt64.max` where there is none.
    /// - Throws: `.expiryMalformed` for what is not an exact unsigned integer of 64 bits.
    func expiryLimit() throws(AttestationError) -> UInt64 {
        var earliest = UInt64.max
        for claim in expiryLimits {
            guard case .number(let digits) = claim, let limit = Self.unsigned(digits) else {
                throw .expiryMalformed
            }
            earliest = min(earliest, limit)
        }
        return earliest
    }

    private static func unsigned(_ digits: [UInt8]) -> UInt64? {
        if JCS.isRoundedMaximum(digits.span) { return .max }
        var value: UInt64 = 0
        for digit in digits {
            guard digit.isDigit else { return nil }
            let (tens, isOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOverToo) = tens.addingReportingOverflow(UInt64(digit - 0x30))
            guard !isOver, !isOverToo else { return nil }
            value = sum
        }
        return value
    }
}
