import Bytes

/// Whether a call may begin where a text goes on, or whether one that stands there is only shown.
///
/// Calls begin a line, or follow another call; some families write them directly behind their
/// words, so a line without a quotation mark or a tag may end in one. None begins
/// inside a fenced block, inline code, a block quote or indented code. (Source of what code is:
/// CommonMark 0.31, sections 4.4, 4.5, 5.1 and 6.1, taken wider where it is in doubt: code too much
/// costs a call that can be asked for again, code too little makes one that was only shown.)
/// After something that began as a call and cannot be read, nobody knows where it ends: then no
/// call is made in the rest of the answer.
struct CallPlace {
    private struct Fence: Equatable {
        let mark: UInt8
        let count: Int
        /// It began its line, so only one that begins a line ends it.
        let beginsLine: Bool
    }

    /// What of the line was read so far.
    private struct Line {
        var indent = 0
        var hasText = false
        /// A quotation mark or a tag.
        var hasMarks = false
        var isBlockQuote = false
        /// Only white space, marks of quotation and of lists came before.
        var isAtStart = true
    }

    private var line = Line()
    private var fence: Fence?
    /// The length of the run of backticks that opened inline code; 0 outside.
    private var inlineCount = 0
    /// A run of backticks or tildes that goes on.
    private var run: (mark: UInt8, count: Int, isAtStart: Bool)?
    /// The fence of this run ends with its line, unless text follows on it.
    private var mayEndFence = false
    private var isDistrusted = false
    /// The last three bytes, for quotation marks beyond ASCII.
    private var last: UInt32 = 0

    /// A call was taken out of the line.
    mutating func leaveCall() {
        line = Line()
        run = nil
        mayEndFence = false
        inlineCount = 0
    }

    /// What was taken for a call has no end, or cannot be read.
    mutating func distrust() { isDistrusted = true }

    private var isOpen: Bool {
        guard !isDistrusted, fence == nil, inlineCount == 0, !line.isBlockQuote else {
            return false
        }
        return line.hasText ? !line.hasMarks : line.indent < 4
    }

    /// Reads on from `offset`.
    /// - Returns: where `marker` stands and a call may begin, or may be about to; the text's end
    ///   where it does not.
    mutating func advance(
        from offset: Int, to marker: StaticString, in text: Span<UInt8>
    ) -> Int {
        var index = offset
        while index < text.count {
            let byte = text[index]
            if run != nil, byte != run?.mark { endRun() }
            if byte == .ascii("<"), isOpen,
                text.extracting(index..<text.count).begins(with: marker) != false
            {
                return index
            }
            pass(byte)
            index += 1
        }
        return index
    }

    private mutating func pass(_ byte: UInt8) {
        last = (last << 8 | UInt32(byte)) & 0xFF_FFFF
        switch byte {
        case .lineFeed: return endLine()
        case .carriageReturn: return
        case .ascii("`"), .ascii("~"):
            run = (byte, (run?.count ?? 0) + 1, run?.isAtStart ?? line.isAtStart)
        case .space where !line.hasText: line.indent += 1
        case .tab where !line.hasText: line.indent += 4
        case .space, .tab: break
        case .ascii(">") where !line.hasText:
            line.isBlockQuote = true
            return
        case .ascii("-"), .ascii("*"), .ascii("+"), .ascii("."), .ascii(")"): break
        case .quote, .ascii("<"): line.hasMarks = true
        default:
            if Self.isQuotationMark(last) { line.hasMarks = true }
        }
        guard !byte.isBlank else { return }
        line.hasText = true
        if !Self.isListMark(byte), run == nil { line.isAtStart = false }
        if run == nil { mayEndFence = false }
    }

    /// What may stand before a fence in a list.
    private static func isListMark(_ byte: UInt8) -> Bool {
        byte.isDigit || byte == .ascii("-") || byte == .ascii("*") || byte == .ascii("+")
            || byte == .ascii(".") || byte == .ascii(")") || byte == .ascii(">")
    }

    /// “, „ and « in UTF-8.
    private static func isQuotationMark(_ last: UInt32) -> Bool {
        last == 0xE2_809C || last == 0xE2_809E || last & 0xFFFF == 0xC2AB
    }

    private mutating func endRun() {
        guard let (mark, count, isAtStart) = run else { return }
        run = nil
        line.isAtStart = false
        if let open = fence {
            guard mark == open.mark, count >= open.count else { return }
            if !open.beginsLine { fence = nil } else if isAtStart { mayEndFence = true }
        } else if count >= 3, mark == .ascii("`") || isAtStart {
            fence = Fence(mark: mark, count: count, beginsLine: isAtStart)
        } else if mark == .ascii("`") {
            inlineCount = inlineCount == 0 ? count : inlineCount == count ? 0 : inlineCount
        }
    }

    private mutating func endLine() {
        endRun()
        if mayEndFence { fence = nil }
        mayEndFence = false
        // Inline code does not go beyond its paragraph.
        if !line.hasText { inlineCount = 0 }
        line = Line()
    }
}
