import Bytes

/// The texts at which a client wants its answer to end.
final class StopStrings: Sendable {
    /// Source: OpenAI API reference, `stop`.
    static let countMax = 4
    static let byteCountMax = 1024

    private let text: Buffer
    private let ranges: [Range<Int>]

    /// - `value`: a string, or an array of them.
    /// - Returns: nil for none.
    /// - Throws: a 400.
    init?(_ value: JSONValue, in body: Span<UInt8>) throws(APIError) {
        var text = Buffer()
        var ranges: [Range<Int>] = []
        var strings: [JSONValue] = []
        switch value.kind {
        case .null: return nil
        case .string: strings = [value]
        case .array: value.forEachElement(in: body) { strings.append($0) }
        default: throw Self.badStop
        }
        guard !strings.isEmpty else { return nil }
        guard strings.count <= Self.countMax else { throw Self.badStop }
        for string in strings {
            guard string.kind == .string else { throw Self.badStop }
            let start = text.count
            JSONString.decode(string, in: body, to: &text)
            guard 1...Self.byteCountMax ~= text.count - start else { throw Self.badStop }
            ranges.append(start..<text.count)
        }
        self.text = text
        self.ranges = ranges
    }

    private static var badStop: APIError {
        .badRequest(
            "invalid_value",
            "'stop' is a text, or up to \(countMax), of 1 to \(byteCountMax) bytes each.",
            param: "stop")
    }

    /// Where the text begins that is complete first, however the answer is cut; of two that are
    /// complete together, the longer one.
    func firstIndex(in answer: Span<UInt8>) -> Int? {
        var first: Range<Int>?
        for range in ranges {
            guard let start = text.firstIndex(of: range, in: answer) else { continue }
            let end = start + range.count
            let isEarlier = end < first?.upperBound ?? .max
            let isLonger = end == first?.upperBound && start < first?.lowerBound ?? 0
            if isEarlier || isLonger { first = start..<end }
        }
        return first?.lowerBound
    }

    /// How many of the last bytes may be the beginning of one of the texts.
    func openByteCount(in answer: Span<UInt8>) -> Int {
        var byteCount = 0
        for range in ranges {
            byteCount = max(byteCount, text.overlap(of: range, with: answer))
        }
        return byteCount
    }
}

extension Buffer {
    fileprivate func firstIndex(of range: Range<Int>, in answer: Span<UInt8>) -> Int? {
        answer.firstIndex(of: readable.extracting(range))
    }

    fileprivate func overlap(of range: Range<Int>, with answer: Span<UInt8>) -> Int {
        answer.overlap(with: readable.extracting(range))
    }
}

/// Ends an answer where one of the client's texts stands, wherever it is cut.
struct StopScanner: ~Copyable {
    /// The end of the answer so far, which may be the beginning of such a text.
    private var held = Buffer()

    /// Appends to `output` what is certain to stand before the end.
    /// - Returns: whether the answer ends here.
    mutating func take(
        _ piece: Span<UInt8>, _ stops: StopStrings, to output: inout Buffer
    ) -> Bool {
        held.append(piece)
        let end = stops.firstIndex(in: held.readable)
        if let end {
            output.append(held.readable.extracting(0..<end))
            held.clear()
            return true
        }
        let byteCount = held.count - stops.openByteCount(in: held.readable)
        output.append(held.readable.extracting(0..<byteCount))
        held.consume(byteCount)
        if held.isEmpty { held.clear() }
        return false
    }

    /// The answer has ended by itself.
    mutating func finish(to output: inout Buffer) {
        output.append(held.readable)
        held.clear()
    }
}
