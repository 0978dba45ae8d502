import Testing

@testable import E2EE

@Suite struct ReportBindingTests {
    private let address = publicKey(of: ones).address
    private let nonce = ReplySample.nonce

    private func check(_ reportData: [UInt8]) -> AttestationError? {
        do throws(AttestationError) {
            try ReportBinding.check(reportData.span, binds: address, and: nonce)
            return nil
        } catch {
            return error
        }
    }

    private var good: [UInt8] {
        address.bytes + [UInt8](repeating: 0, count: 12) + nonce.bytes
    }

    @Test func `address, zeros and nonce are accepted`() {
        #expect(check(good) == nil)
    }

    @Test(arguments: 0..<64)
    func `each byte counts`(place: Int) {
        var altered = good
        altered[place] ^= 0x80
        let expected: AttestationError =
            place < 20 ? .keyNotBound : place < 32 ? .reportDataMalformed : .nonceMismatch
        #expect(check(altered) == expected)
    }

    @Test func `the statement form has its own refusal`() {
        let statement = ones + [UInt8](repeating: 0, count: 32)
        #expect(check(statement) == .statementFormNotSupported)
        #expect(check([UInt8](repeating: 0, count: 64)) == .statementFormNotSupported)
    }

    @Test(arguments: [0, 63, 65])
    func `report data has 64 bytes`(count: Int) {
        #expect(check([UInt8](repeating: 1, count: count)) == .reportDataMalformed)
    }
}
