public import Bytes

/// Reads the events of a server-sent event stream: of each, the data. Event names, identifiers,
/// retry times, comments and unknown fields are ignored. Source: WHATWG HTML, section 9.2.6.
public struct EventParser: Sendable {
    public enum Token: Equatable, Sendable {
        case needsMore
        /// The data of an event with one data line, where it stands.
        case data(Range<Int>)
        /// The data of an event with several data lines is in `joined`.
        case joined
    }

    /// What the data lines of the current event hold so far.
    private enum Content {
        case none
        case one(Range<Int>)
        case several
    }

    private let eventByteCountMax: Int
    private var isAtStreamStart = true
    private var lines = EventLines()
    private var content = Content.none
    /// This many bytes of the current event are split into lines. Ranges count from its first byte.
    private var offset = 0
    private var failure: HTTPError?

    /// - `eventByteCountMax`: the longest event, and the longest line of any kind, with its ending.
    public init(eventByteCountMax: Int) {
        self.eventByteCountMax = eventByteCountMax
    }

    /// The token at the front of `bytes`, and how many bytes it used up. An event stays in `bytes`
    /// until it is answered; what is ignored before it is used up early.
    /// - `joined`: cleared and filled for `.joined`, otherwise left alone.
    /// - Throws: `.eventTooLarge`, then at every call.
    /// - Cost: each byte is searched once, and read a second time in an event of several data
    ///   lines.
    public mutating func next(
        in bytes: Span<UInt8>, joined: inout Buffer
    ) throws(HTTPError) -> (token: Token, byteCount: Int) {
        if let failure { throw failure }
        if isAtStreamStart {
            guard let markCount = Self.byteOrderMarkCount(bytes) else { return (.needsMore, 0) }
            isAtStreamStart = false
            offset = markCount
        }
        var start = 0
        while true {
            let (token, skipped) = lines.next(in: bytes.extracting((start + offset)..<bytes.count))
            guard case .line(let line) = token else {
                offset += skipped
                start += dropIgnored()
                try check(bytes.count - start)
                return (.needsMore, start)
            }
            offset += line.lowerBound
            start += dropIgnored()
            let event = bytes.extracting(start..<bytes.count)
            let range = offset..<(offset + line.count)
            offset = range.upperBound + 1
            try check(offset)
            if !line.isEmpty {
                take(range, in: event)
            } else if let token = dispatch(event, at: start, joined: &joined) {
                let end = start + offset
                content = .none
                offset = 0
                return (token, end)
            }
            start += dropIgnored()
        }
    }

    /// Whether the stream may end here as if complete: the unfinished rest is a data line `[DONE]`
    /// without the empty line behind it, which some providers leave out. Any other unfinished event
    /// is dropped, as the standard has it.
    public mutating func end(in bytes: Span<UInt8>) -> Bool {
        let marker: StaticString = "[DONE]"
        guard failure == nil, bytes.count <= 64 else { return false }
        var completed = Buffer(bytes)
        completed.append("\n\n")
        var parser = EventParser(eventByteCountMax: .max)
        var joined = Buffer()
        guard
            case .data(let range)? = try? parser.next(in: completed.readable, joined: &joined).token
        else { return false }
        return completed.readable.extracting(range).equals(marker)
    }

    private mutating func check(_ byteCount: Int) throws(HTTPError) {
        guard byteCount > eventByteCountMax else { return }
        failure = .eventTooLarge(limit: eventByteCountMax)
        throw .eventTooLarge(limit: eventByteCountMax)
    }

    /// Forgets what was split before any data line, and tells how many bytes that is.
    private mutating func dropIgnored() -> Int {
        guard case .none = content else { return 0 }
        let byteCount = offset
        offset = 0
        return byteCount
    }

    private mutating func take(_ line: Range<Int>, in event: Span<UInt8>) {
        guard let value = Self.dataValue(of: line, in: event) else { return }
        switch content {
        case .none: content = .one(value)
        case .one, .several: content = .several
        }
    }

    /// What the empty line that ends the event gives to the caller; nil without any data line.
    private func dispatch(
        _ event: Span<UInt8>, at start: Int, joined: inout Buffer
    ) -> Token? {
        switch content {
        case .none:
            return nil
        case .one(let value):
            return .data((start + value.lowerBound)..<(start + value.upperBound))
        case .several:
            Self.join(event.extracting(0..<offset), to: &joined)
            return .joined
        }
    }

    private static func join(_ event: Span<UInt8>, to joined: inout Buffer) {
        joined.clear()
        var lines = EventLines()
        var offset = 0
        var isFirst = true
        while true {
            let rest = event.extracting(offset..<event.count)
            let (token, byteCount) = lines.next(in: rest)
            guard case .line(let line) = token else { return }
            if let value = dataValue(of: line, in: rest) {
                if !isFirst { joined.append(.lineFeed) }
                joined.append(rest.extracting(value))
                isFirst = false
            }
            offset += byteCount
        }
    }

    /// The value of a line of the field `data`, without the one space after its colon; nil of
    /// others.
    private static func dataValue(of line: Range<Int>, in bytes: Span<UInt8>) -> Range<Int>? {
        let text = bytes.extracting(line)
        guard text.starts(with: "data") else { return nil }
        guard text.count > 4 else { return line.upperBound..<line.upperBound }
        guard text[4] == .colon else { return nil }
        let skipped = text.count > 5 && text[5] == .space ? 6 : 5
        return (line.lowerBound + skipped)..<line.upperBound
    }

    /// How many bytes the mark at the start of a stream takes; nil while it may still become one.
    private static func byteOrderMarkCount(_ bytes: Span<UInt8>) -> Int? {
        guard !bytes.isEmpty else { return nil }
        for (index, expected) in [0xEF, 0xBB, 0xBF].enumerated() {
            guard index < bytes.count else { return nil }
            guard bytes[index] == expected else { return 0 }
        }
        return 3
    }
}
