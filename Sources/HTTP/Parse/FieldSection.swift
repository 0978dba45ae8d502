import Bytes

/// Collects the fields of a head up to its empty line. Source: RFC 9112, section 5.
struct FieldSection {
    private var lines: LineScanner
    private var fields: [HeaderField] = []

    init(at start: Int) {
        lines = LineScanner(at: start)
        fields.reserveCapacity(16)
    }

    /// The fields and where the head ends; nil while the empty line is not there.
    /// - `headStart`: where the head that these fields belong to begins.
    mutating func next(
        in bytes: Span<UInt8>, headStart: Int, limits: HTTPLimits
    ) throws(HTTPError) -> (headers: HeaderList, end: Int)? {
        let endMax = headStart.addingClamped(limits.headByteCountMax)
        while true {
            switch try lines.next(in: bytes, endMax: endMax) {
            case .needsMore: return nil
            case .tooLong: throw .headTooLarge(limit: limits.headByteCountMax)
            case .line(let line) where line.isEmpty:
                return (HeaderList(fields: fields), lines.start)
            case .line(let line):
                guard fields.count < limits.fieldCountMax else {
                    throw .tooManyFields(limit: limits.fieldCountMax)
                }
                fields.append(try FieldLine.parse(line, in: bytes))
            }
        }
    }
}

extension Int {
    /// The sum, or the largest number where the sum of two counts has no representation.
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
