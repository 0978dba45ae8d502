import Bytes

/// Whether the place where a text goes on is code: inside a fenced block, or inside backticks on
/// its line. Source: CommonMark 0.31, sections 4.5 and 6.1, made simpler and wider: a fence may
/// stand behind any indentation and any marks of quotation, inline code ends with its line, and
/// every backtick turns it on or off. Code too much costs a call that can be asked for again; code
/// too little would make one that was only shown.
struct CodeLine {
    private enum Start: Equatable {
        case indent
        /// So many of the bytes a fence is made of, from the line's beginning.
        case run(UInt8, Int)
        /// A fence, and what may follow it on its line.
        case fence(UInt8, Int, isBare: Bool)
        case text
    }

    private struct Fence: Equatable {
        let mark: UInt8
        let count: Int
    }

    private var start = Start.indent
    private var fence: Fence?
    /// An odd number of backticks on this line.
    private var isInline = false
    private var isDistrusted = false

    /// A call was taken out of the line.
    mutating func leaveCall() {
        start = .text
        isInline = false
    }

    /// What was taken for a call is none that can be read: what follows on its line may belong to
    /// it.
    mutating func distrust() {
        start = .text
        isDistrusted = true
    }

    private var isCode: Bool {
        if fence != nil || isInline || isDistrusted { return true }
        if case .fence = start { return true }
        if case .run(let mark, let count) = start {
            return count >= 3 || (mark == .ascii("`") && count == 1)
        }
        return false
    }

    /// Reads on from `offset`.
    /// - Returns: where `marker` stands outside of code, or may begin; the text's end where it does
    ///   not.
    mutating func advance(
        from offset: Int, to marker: StaticString, in text: Span<UInt8>
    ) -> Int {
        var index = offset
        while index < text.count {
            let byte = text[index]
            if byte == .ascii("<"), !isCode {
                let rest = text.extracting(index..<text.count)
                if rest.begins(with: marker) != false { return index }
            }
            pass(byte)
            index += 1
        }
        return index
    }

    private mutating func pass(_ byte: UInt8) {
        if byte == .lineFeed { return endLine() }
        switch start {
        case .indent where byte == .space || byte == .tab || byte == .ascii(">"): break
        case .indent where byte == .ascii("`") || byte == .ascii("~"): start = .run(byte, 1)
        case .run(byte, let count): start = .run(byte, count + 1)
        case .run(let mark, let count) where count >= 3:
            start = .fence(mark, count, isBare: byte.isBlank)
        case .run(.ascii("`"), let count):
            isInline = count % 2 == 1
            enterText(byte)
        case .fence(let mark, let count, let isBare):
            guard mark == .ascii("`"), byte == mark, fence == nil else {
                start = .fence(mark, count, isBare: isBare && byte.isBlank)
                return
            }
            // A fence has no further backticks on its line: this is inline code.
            isInline = (count + 1) % 2 == 1
            start = .text
        case .indent, .run: enterText(byte)
        case .text: if byte == .ascii("`") { isInline.toggle() }
        }
    }

    private mutating func enterText(_ byte: UInt8) {
        start = .text
        if byte == .ascii("`") { isInline.toggle() }
    }

    private mutating func endLine() {
        var seen: (fence: Fence, isBare: Bool)?
        if case .run(let mark, let count) = start, count >= 3 {
            seen = (Fence(mark: mark, count: count), true)
        } else if case .fence(let mark, let count, let isBare) = start {
            seen = (Fence(mark: mark, count: count), isBare)
        }
        if let seen {
            if let open = fence {
                let closes = seen.fence.mark == open.mark && seen.fence.count >= open.count
                if closes, seen.isBare { fence = nil }
            } else {
                fence = seen.fence
            }
        }
        start = .indent
        isInline = false
        isDistrusted = false
    }
}
