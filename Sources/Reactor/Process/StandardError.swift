import Glibc

/// Lines for the operator. A closed or broken standard error is no reason to stop: the line is
/// lost.
public enum StandardError {
    public static func write(line: String) {
        var text = line
        text.append("\n")
        text.withUTF8 { bytes in
            var offset = 0
            while let base = bytes.baseAddress, offset < bytes.count {
                let count = unsafe Glibc.write(STDERR_FILENO, base + offset, bytes.count - offset)
                guard count > 0 || errno == EINTR else { return }
                offset += max(count, 0)
            }
        }
    }
}
