public import Bytes

/// Writes a server-sent event stream in the narrow form that every client reads: one data line an
/// event, line feeds, no names. Source: WHATWG HTML, section 9.2.
public enum EventWriter {
    /// Appends an event. A line ending in `json`, where it can only be white space between tokens,
    /// is written as a space.
    public static func data(_ json: Span<UInt8>, to output: inout Buffer) {
        begin(to: &output)
        var start = 0
        while let ending = json.firstLineEnding(from: start) {
            output.append(json.extracting(start..<ending))
            output.append(.space)
            start = ending + 1
        }
        output.append(json.extracting(start..<json.count))
        end(to: &output)
    }

    /// Begins an event whose data the caller appends, without line endings.
    @inlinable
    public static func begin(to output: inout Buffer) {
        output.append("data: ")
    }

    /// Ends the event that was begun.
    @inlinable
    public static func end(to output: inout Buffer) {
        output.append("\n\n")
    }

    /// Appends the event that tells OpenAI clients that the stream is complete.
    public static func done(to output: inout Buffer) {
        output.append("data: [DONE]\n\n")
    }

    /// Appends a comment, which keeps a quiet connection alive.
    public static func comment(to output: inout Buffer) {
        output.append(": \n\n")
    }
}
