public import Bytes

/// Writes a chunked body. Source: RFC 9112, section 7.1.
public enum ChunkWriter {
    /// Where a chunk that is being written in place begins. It counts from the front of the buffer,
    /// so nothing may be consumed from there before the chunk is finished.
    public struct Mark: Equatable, Sendable {
        fileprivate var start: Int
    }

    private static let sizeDigitCount = 8
    private static let sizeLineByteCount = sizeDigitCount + 2

    /// Appends a chunk; nothing of no bytes, because an empty chunk ends the body.
    public static func chunk(_ bytes: Span<UInt8>, to output: inout Buffer) {
        guard !bytes.isEmpty else { return }
        output.reserve(bytes.count + sizeLineByteCount + 2)
        let mark = begin(to: &output)
        output.append(bytes)
        finish(mark, in: &output)
    }

    /// Begins a chunk whose content the caller appends.
    public static func begin(to output: inout Buffer) -> Mark {
        let mark = Mark(start: output.count)
        output.append("00000000\r\n")
        return mark
    }

    /// Ends the chunk: writes how large it became, or takes it back where nothing was appended.
    public static func finish(_ mark: Mark, in output: inout Buffer) {
        let size = output.count - mark.start - sizeLineByteCount
        precondition(size >= 0 && size <= 0xFFFF_FFFF, "a chunk that was not begun in this buffer")
        guard size > 0 else { return output.truncate(to: mark.start) }
        for index in 0..<sizeDigitCount {
            let digit = UInt8(size >> (4 * (sizeDigitCount - 1 - index)) & 15)
            output.overwrite(at: mark.start + index, with: digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
        output.append("\r\n")
    }

    /// Appends the last chunk and an empty trailer section.
    public static func last(to output: inout Buffer) {
        output.append("0\r\n\r\n")
    }
}
