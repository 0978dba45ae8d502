import Glibc

/// Lines for the operator. A closed or broken stream is no reason to stop: the line is lost.
public enum StandardError {
    public static func write(line: String) { StandardStream.write(line, to: STDERR_FILENO) }
}

/// What a command was asked for, written at once.
public enum StandardOutput {
    public static func write(line: String) { StandardStream.write(line, to: STDOUT_FILENO) }
}

private enum StandardStream {
    static func write(_ line: String, to descriptor: CInt) {
        var text = line
        text.append("\n")
        text.withUTF8 { bytes in
            var offset = 0
            while let base = bytes.baseAddress, offset < bytes.count {
                let count = unsafe Glibc.write(descriptor, base + offset, bytes.count - offset)
                guard count > 0 || errno == EINTR else { return }
                offset += max(count, 0)
            }
        }
    }
}
