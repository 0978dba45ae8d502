import Bytes

/// Finds the calls in what a model writes. Text is passed on at once, but for what may be the
/// beginning of a marker; a call is held back until it is whole.
///
/// A call stands between `<tool_call>` and `</tool_call>`, where `CallPlace` lets it begin. Where
/// the end is missing, a call that is complete all the same counts when the next begins, or when
/// the model has ended by itself.
struct CallFinder: ~Copyable {
    enum Piece: Equatable {
        case needsMore
        case text(Range<Int>)
        /// A call with its markers and the white space that led to it, and its body.
        case call(Range<Int>, body: Range<Int>)
        /// What begins like a call and has no end.
        case broken(Range<Int>)
    }

    static let open: StaticString = "<tool_call>"
    static let close: StaticString = "</tool_call>"
    /// Longer calls are text.
    static let callByteCountMax = 64 * 1024
    /// More white space than this between calls is text.
    private static let spaceByteCountMax = 4 * 1024

    private var place = CallPlace()
    /// How far a call's body was read; nil outside of calls.
    private var body: CallBody?
    /// The white space before the call that is being read.
    private var spaceByteCount = 0
    /// A call was passed on, and only white space since.
    private var isAfterCall = false

    /// The next piece of `text`, which begins where the last piece ended; with how many bytes are
    /// done with.
    mutating func next(in text: Span<UInt8>) -> (Piece, byteCount: Int) {
        if body != nil { return nextOfCall(in: text) }
        spaceByteCount = 0
        if isAfterCall {
            let byteCount = text.blankCount
            let rest = text.extracting(byteCount..<text.count)
            let isCall = rest.begins(with: Self.open)
            if isCall == nil, byteCount <= Self.spaceByteCountMax { return (.needsMore, 0) }
            isAfterCall = false
            if isCall == true { spaceByteCount = byteCount }
        }
        let start = spaceByteCount
        let index = place.advance(from: start, to: Self.open, in: text)
        if index > start { return (.text(0..<index), index) }
        guard text.extracting(index..<text.count).begins(with: Self.open) == true else {
            return (.needsMore, 0)
        }
        body = CallBody()
        return nextOfCall(in: text)
    }

    private mutating func nextOfCall(in text: Span<UInt8>) -> (Piece, byteCount: Int) {
        guard var body else { return (.needsMore, 0) }
        let start = spaceByteCount + Self.open.utf8CodeUnitCount
        let end = body.advance(in: text.extracting(start..<text.count))
        let bodyRange = start..<(start + body.offset)
        var wholeByteCount = bodyRange.upperBound
        switch end {
        case .needsMore where text.count - spaceByteCount <= Self.callByteCountMax:
            self.body = body
            return (.needsMore, 0)
        case .needsMore: wholeByteCount = text.count
        case .closed: wholeByteCount += Self.close.utf8CodeUnitCount
        case .nextOpens: break
        }
        self.body = nil
        place.leaveCall()
        guard end != .needsMore, wholeByteCount - spaceByteCount <= Self.callByteCountMax else {
            place.distrust()
            return (.broken(0..<wholeByteCount), wholeByteCount)
        }
        return (.call(0..<wholeByteCount, body: bodyRange), wholeByteCount)
    }

    /// What `next` called a call is one: white space after it belongs to it.
    mutating func accept() { isAfterCall = true }

    /// What `next` called a call cannot be read as one.
    mutating func reject() { place.distrust() }

    /// The text has ended: what `rest`, which is left of it, is.
    /// - `isByItself`: the model ended its answer; it was not cut short.
    mutating func finish(in rest: Span<UInt8>, isByItself: Bool) -> Piece {
        defer { body = nil }
        guard let body else {
            return isAfterCall && rest.isBlank ? .needsMore : .text(0..<rest.count)
        }
        let start = spaceByteCount + Self.open.utf8CodeUnitCount
        // The beginning of a marker is no part of a call that is complete without it.
        guard isByItself, body.isComplete, start + body.offset == rest.count else {
            return .broken(0..<rest.count)
        }
        return .call(0..<rest.count, body: start..<rest.count)
    }
}
