public import Bytes

/// Writes the heads of requests. Source: RFC 9112, section 3.
public enum RequestWriter: HeadWriter {
    /// Appends the request line and the Host field.
    /// - `target`: in origin form, percent-encoded.
    /// - Throws: `.malformedRequestLine` where the target is empty or holds anything but visible
    ///   ASCII characters; `.badHost` where the host is no `host[:port]`. Nothing is then written.
    public static func head(
        method: StaticString, target: Span<UInt8>, host: String, to output: inout Buffer
    ) throws(HTTPError) {
        guard !target.isEmpty else { throw .malformedRequestLine }
        for index in 0..<target.count where !target[index].isVisibleCharacter {
            throw .malformedRequestLine
        }
        let hostBytes = host.utf8Span.span
        guard Authority(0..<hostBytes.count, in: hostBytes) != nil else { throw .badHost }
        output.append(method)
        output.append(.space)
        output.append(target)
        output.append(" HTTP/1.1\r\nHost: ")
        output.append(hostBytes)
        output.append("\r\n")
    }

    public static func head(
        method: StaticString, target: String, host: String, to output: inout Buffer
    ) throws(HTTPError) {
        try head(method: method, target: target.utf8Span.span, host: host, to: &output)
    }
}
