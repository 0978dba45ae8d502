import Bytes

/// What a PCK certificate says of its platform. Source: Intel SGX PCK Certificate and Certificate
/// Revocation List Profile Specification, section 1.3.5.
struct PCKExtension: Equatable, Sendable {
    static let identifier = "1.2.840.113741.1.13.1"

    /// Sixteen security version numbers.
    let components: [UInt8]
    let pceSVN: Int
    let pceID: [UInt8]
    /// The family, model and more of the processor, which chooses the TCB info.
    let fmspc: [UInt8]

    init(components: [UInt8], pceSVN: Int, pceID: [UInt8], fmspc: [UInt8]) {
        precondition(components.count == 16, "sixteen components")
        self.components = components
        self.pceSVN = pceSVN
        self.pceID = pceID
        self.fmspc = fmspc
    }

    /// - `value`: a sequence of pairs of an object identifier and a value. Pairs that nobody needs
    ///   are passed over; none may occur twice.
    /// - Throws: `.badPCKExtension`.
    init(_ value: Span<UInt8>) throws(AttestationError) {
        let entries = try Entries(0..<value.count, below: [], in: value)
        guard let tcb = entries[2], tcb.tag == DERCursor.sequence,
            let pceID = entries.octets(3, count: 2, in: value),
            let fmspc = entries.octets(4, count: 6, in: value)
        else { throw .badPCKExtension }
        let numbers = try Entries(tcb.whole, below: [2], in: value)
        var components: [UInt8] = []
        for index in 1...16 {
            guard let svn = numbers.integer(UInt8(index), in: value),
                let component = UInt8(exactly: svn)
            else { throw .badPCKExtension }
            components.append(component)
        }
        guard let pceSVN = numbers.integer(17, in: value), pceSVN <= 0xFFFF else {
            throw .badPCKExtension
        }
        self.init(components: components, pceSVN: pceSVN, pceID: pceID, fmspc: fmspc)
    }

    /// The pairs of one sequence by the last number of their identifiers.
    private struct Entries {
        struct Value {
            let tag: UInt8
            /// Tag and length included.
            let whole: Range<Int>
            let content: Range<Int>
        }

        private var values: [UInt8: Value] = [:]

        /// 1.2.840.113741.1.13.1
        private static let prefix: [UInt8] = [
            0x2A, 0x86, 0x48, 0x86, 0xF8, 0x4D, 0x01, 0x0D, 0x01,
        ]

        /// - `below`: the numbers between the extension's own identifier and the entries' last one.
        init(
            _ range: Range<Int>, below: [UInt8], in bytes: Span<UInt8>
        ) throws(AttestationError) {
            var outer = DERCursor(range)
            guard let content = outer.next(DERCursor.sequence, in: bytes), outer.isAtEnd else {
                throw .badPCKExtension
            }
            var cursor = DERCursor(content)
            let prefix = Self.prefix + below
            while !cursor.isAtEnd {
                guard let pair = cursor.next(DERCursor.sequence, in: bytes) else {
                    throw .badPCKExtension
                }
                var parts = DERCursor(pair)
                guard let name = parts.next(DERCursor.objectIdentifier, in: bytes) else {
                    throw .badPCKExtension
                }
                guard let value = parts.next(in: bytes), parts.isAtEnd,
                    name.count == prefix.count + 1,
                    bytes.extracting(name.lowerBound..<(name.upperBound - 1)).equals(prefix.span)
                else { throw .badPCKExtension }
                let entry = Value(
                    tag: value.tag, whole: name.upperBound..<pair.upperBound,
                    content: value.content)
                guard values.updateValue(entry, forKey: bytes[name.upperBound - 1]) == nil else {
                    throw .badPCKExtension
                }
            }
        }

        subscript(_ number: UInt8) -> Value? { values[number] }

        func octets(_ number: UInt8, count: Int, in bytes: Span<UInt8>) -> [UInt8]? {
            guard let value = values[number], value.tag == DERCursor.octetString,
                value.content.count == count
            else { return nil }
            return bytes.extracting(value.content).array
        }

        /// A number of at most two bytes that is not negative.
        func integer(_ number: UInt8, in bytes: Span<UInt8>) -> Int? {
            guard let value = values[number], value.tag == DERCursor.integer,
                1...3 ~= value.content.count, bytes[value.content.lowerBound] < 0x80
            else { return nil }
            var integer = 0
            for index in value.content { integer = integer << 8 | Int(bytes[index]) }
            return integer
        }
    }
}
