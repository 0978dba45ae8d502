import Bytes

/// Takes the thoughts that some models write into their text out of it: `<think>…</think>` at its
/// beginning.
struct ThinkSplitter: ~Copyable {
    enum Mode: String, Sendable {
        /// Where the text begins with the tag.
        case auto
        /// The text begins inside the thoughts; only the closing tag is written.
        case implied
        case off
    }

    private enum State { case start, thinking, afterThinking, text }

    /// More white space than this is text.
    private static let spaceByteCountMax = 4 * 1024
    private static let open: StaticString = "<think>"
    private static let close: StaticString = "</think>"

    private var state: State
    private var held = Buffer()

    init(_ mode: Mode) {
        state =
            switch mode {
            case .auto: .start
            case .implied: .thinking
            case .off: .text
            }
    }

    /// Nothing of the text is a thought any more.
    var isOver: Bool { state == .text }

    /// Sorts a piece of the model's text.
    mutating func take(
        _ piece: Span<UInt8>, thoughts: inout Buffer, text: inout Buffer
    ) {
        if state == .text { return text.append(piece) }
        held.append(piece)
        if state == .start { begin() }
        if state == .thinking { think(to: &thoughts) }
        if state == .afterThinking { skipSpace() }
        guard state == .text else { return }
        text.append(held.readable)
        held.release()
    }

    /// Decides whether the text begins with thoughts.
    private mutating func begin() {
        let start = held.readable.blankCount
        guard start <= Self.spaceByteCountMax else { return state = .text }
        switch held.readable.extracting(start..<held.count).begins(with: Self.open) {
        case true:
            held.consume(start + Self.open.utf8CodeUnitCount)
            state = .thinking
        case false: state = .text
        case nil: break
        }
    }

    private mutating func think(to thoughts: inout Buffer) {
        let end = held.readable.firstRange(of: Self.close)
        if let end {
            thoughts.append(held.readable.extracting(0..<end.lowerBound))
            held.consume(end.upperBound)
            state = .afterThinking
        } else {
            let byteCount = held.count - held.readable.overlap(with: Self.close)
            thoughts.append(held.readable.extracting(0..<byteCount))
            held.consume(byteCount)
        }
    }

    private mutating func skipSpace() {
        held.consumeBlanks()
        if !held.isEmpty { state = .text }
    }

    /// The text has ended.
    mutating func finish(thoughts: inout Buffer, text: inout Buffer) {
        switch state {
        case .thinking: thoughts.append(held.readable)
        case .start, .text: text.append(held.readable)
        case .afterThinking: break
        }
        held.release()
    }

    /// The text of an assistant's turn without the thoughts at its beginning: where it starts.
    static func textStart(in turn: Span<UInt8>) -> Int {
        let start = turn.blankCount
        guard turn.extracting(start..<turn.count).starts(with: open),
            let end = turn.firstRange(of: close)
        else { return 0 }
        return end.upperBound + turn.extracting(end.upperBound..<turn.count).blankCount
    }
}
