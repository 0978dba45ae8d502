import Bytes

/// Takes the one code fence off that models like to put around JSON.
struct FenceStripper: ~Copyable {
    private enum State { case start, fenced, bare }

    /// The longest first line of a fence, as in "```json".
    private static let lineByteCountMax = 32
    /// The longest end that may be that of the fence, and is held back.
    private static let endByteCountMax = 4096

    private var state = State.start
    private var held = Buffer()

    mutating func take(_ piece: Span<UInt8>, to output: inout Buffer) {
        if state == .bare { return output.append(piece) }
        held.append(piece)
        if state == .start { begin() }
        switch state {
        case .start: return
        case .bare: finish(to: &output)
        case .fenced:
            let byteCount = held.count - Self.endByteCount(of: held.readable)
            output.append(held.readable.extracting(0..<byteCount))
            held.consume(byteCount)
        }
    }

    private mutating func begin() {
        held.consumeBlanks()
        guard !held.isEmpty else { return }
        let end = held.readable.firstIndex(of: .lineFeed)
        if held.readable.begins(with: "```") == false {
            state = .bare
        } else if let end {
            held.consume(end + 1)
            state = .fenced
        } else if held.count > Self.lineByteCountMax {
            state = .bare
        }
    }

    /// How many of the last bytes may be the end of the fence: white space, at most three
    /// backticks, white space.
    private static func endByteCount(of text: Span<UInt8>) -> Int {
        var index = text.count
        while index > 0, text[index - 1].isBlank { index -= 1 }
        let marksEnd = index
        while index > 0, marksEnd - index < 3, text[index - 1] == .ascii("`") { index -= 1 }
        if index < marksEnd {
            while index > 0, text[index - 1].isBlank { index -= 1 }
        }
        let byteCount = text.count - index
        return byteCount <= endByteCountMax ? byteCount : 0
    }

    /// The text has ended.
    mutating func finish(to output: inout Buffer) {
        let isEnd = state == .fenced && held.readable.firstRange(of: "```") != nil
        if !isEnd { output.append(held.readable) }
        held.clear()
    }
}
