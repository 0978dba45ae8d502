extension JSONValue {
    /// Appends the value as it is written, without the white space between its parts: one line.
    /// - `bytes`: a text that `JSONDocument.check` has passed.
    public func appendCompact(in bytes: Span<UInt8>, to output: inout Buffer) {
        let text = bytes.extracting(range)
        var start = 0
        var index = 0
        var isInString = false
        while index < text.count {
            let byte = text[index]
            if isInString {
                if byte == .backslash { index += 1 }
                if byte == .quote { isInString = false }
            } else if byte == .quote {
                isInString = true
            } else if byte <= .space {
                output.append(text.extracting(start..<index))
                start = index + 1
            }
            index += 1
        }
        output.append(text.extracting(start..<text.count))
    }
}
