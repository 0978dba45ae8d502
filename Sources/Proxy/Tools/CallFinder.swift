import Bytes

/// Finds the calls in what a model writes. Text is passed on at once, but for what may be the
/// beginning of a marker; a call is held back until it is whole.
///
/// A call stands between `<tool_call>` and `</tool_call>`, outside of fenced code blocks and of
/// inline code. Where the end is missing, a call that is complete all the same counts when the next
/// begins, or when the model has ended by itself.
struct CallFinder: ~Copyable {
    enum Piece: Equatable {
        case needsMore
        case text(Range<Int>)
        /// A call with its markers, and its body.
        case call(Range<Int>, body: Range<Int>)
        /// What begins like a call and has no end.
        case broken(Range<Int>)
    }

    static let open: StaticString = "<tool_call>"
    static let close: StaticString = "</tool_call>"
    /// Longer calls are text.
    static let callByteCountMax = 64 * 1024

    private var line = CodeLine()
    /// Where a call's body was read to; nil outside of calls.
    private var body: CallBody?
    /// A call was passed on, and only white space since.
    private var isAfterCall = false

    /// Whether a call has begun.
    var isInCall: Bool { body != nil }

    /// The next piece of `text`, which begins where the last piece ended; with how many bytes are
    /// done with. White space around calls is done with and in no piece.
    mutating func next(in text: Span<UInt8>) -> (Piece, byteCount: Int) {
        if body != nil { return nextOfCall(in: text) }
        var start = 0
        if isAfterCall {
            while start < text.count, text[start].isBlank { start += 1 }
            let rest = text.extracting(start..<text.count)
            guard let isCall = rest.begins(with: Self.open) else { return (.needsMore, 0) }
            if !isCall { start = 0 }
            isAfterCall = false
        }
        let index = line.advance(from: start, to: Self.open, in: text)
        if index > start { return (.text(start..<index), index) }
        guard text.extracting(index..<text.count).starts(with: Self.open) else {
            return (.needsMore, start)
        }
        body = CallBody()
        let (piece, byteCount) = nextOfCall(in: text.extracting(start..<text.count))
        return (piece.moved(by: start), start + byteCount)
    }

    private mutating func nextOfCall(in text: Span<UInt8>) -> (Piece, byteCount: Int) {
        guard var body else { return (.needsMore, 0) }
        let openByteCount = Self.open.utf8CodeUnitCount
        let end = body.advance(in: text.extracting(openByteCount..<text.count))
        let bodyRange = openByteCount..<(openByteCount + body.offset)
        switch end {
        case .needsMore where text.count > Self.callByteCountMax:
            self.body = nil
            line.leaveCall()
            return (.broken(0..<text.count), text.count)
        case .needsMore:
            self.body = body
            return (.needsMore, 0)
        case .closed:
            self.body = nil
            line.leaveCall()
            let whole = 0..<(bodyRange.upperBound + Self.close.utf8CodeUnitCount)
            guard whole.count <= Self.callByteCountMax else {
                return (.broken(whole), whole.upperBound)
            }
            return (.call(whole, body: bodyRange), whole.upperBound)
        case .nextOpens:
            self.body = nil
            line.leaveCall()
            return (.call(0..<bodyRange.upperBound, body: bodyRange), bodyRange.upperBound)
        }
    }

    /// What `next` called a call is one: white space after it belongs to it.
    mutating func accept() { isAfterCall = true }

    /// What `next` called a call cannot be read as one.
    mutating func reject() { line.distrust() }

    /// The text has ended: what `rest`, which is left of it, is.
    /// - `isByItself`: the model ended its answer; it was not cut short.
    mutating func finish(in rest: Span<UInt8>, isByItself: Bool) -> Piece {
        defer { body = nil }
        guard let body else {
            return isAfterCall && rest.isBlank ? .needsMore : .text(0..<rest.count)
        }
        let bodyRange = CallFinder.open.utf8CodeUnitCount..<rest.count
        // The beginning of a marker is no part of a call that is complete without it.
        guard isByItself, body.isComplete, body.offset == bodyRange.count else {
            return .broken(0..<rest.count)
        }
        return .call(0..<rest.count, body: bodyRange)
    }
}

extension CallFinder.Piece {
    fileprivate func moved(by offset: Int) -> Self {
        func moved(_ range: Range<Int>) -> Range<Int> {
            (range.lowerBound + offset)..<(range.upperBound + offset)
        }
        return switch self {
        case .needsMore: self
        case .text(let range): .text(moved(range))
        case .call(let range, let body): .call(moved(range), body: moved(body))
        case .broken(let range): .broken(moved(range))
        }
    }
}
