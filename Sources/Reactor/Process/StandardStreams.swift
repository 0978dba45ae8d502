import CLinux
import Glibc
import Synchronization

/// Lines for the operator. Nobody who serves waits for whoever reads them: a line that finds the
/// stream full, closed or broken is lost, and the next one that gets through says how many were.
public enum StandardError {
    private static let lostCount = Mutex(0)

    public static func write(line: String) {
        lostCount.withLock { lostCount in
            var text = lostCount == 0 ? line : "(\(lostCount) lines lost) \(line)"
            // A pipe that is ready takes a page without waiting, and no more.
            if text.utf8.count >= StandardStream.pageByteCount {
                text = String(text.prefix(StandardStream.pageByteCount / 4))
            }
            guard cl_is_writable(STDERR_FILENO) == 1, StandardStream.write(text, to: STDERR_FILENO)
            else {
                lostCount += 1
                return
            }
            lostCount = 0
        }
    }
}

/// What a command was asked for, written at once.
public enum StandardOutput {
    public static func write(line: String) {
        // Where nobody takes the output there is nobody to tell.
        _ = StandardStream.write(line, to: STDOUT_FILENO)
    }
}

private enum StandardStream {
    static let pageByteCount = 4096

    /// False where the stream did not take all of it.
    static func write(_ line: String, to descriptor: CInt) -> Bool {
        var text = line
        text.append("\n")
        return text.withUTF8 { bytes in
            var offset = 0
            while let base = bytes.baseAddress, offset < bytes.count {
                let count = unsafe Glibc.write(descriptor, base + offset, bytes.count - offset)
                guard count > 0 || errno == EINTR else { return false }
                offset += max(count, 0)
            }
            return true
        }
    }
}
