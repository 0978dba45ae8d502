public import Bytes
import Glibc

/// Reads a small file, such as one that holds a key, whole. For start-up only: it blocks.
public enum SmallFile {
    public static let byteCountMax = 64 * 1024

    public enum Failure: Error, Sendable {
        case unreadable(SystemError)
        /// A folder, a device, or something else that is no file.
        case noFile
        case tooLarge(limit: Int)
        /// Others than the owner may read or write it.
        case openToOthers
    }

    /// - `isSecret`: refuse a file that anybody but its owner may read or write.
    /// - `byteCountMax`: a longer one is refused.
    public static func read(
        _ path: String, isSecret: Bool, byteCountMax: Int = byteCountMax
    ) throws(Failure) -> Buffer {
        let raw = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw .unreadable(.last("open")) }
        let descriptor = Descriptor(adopting: raw)
        var status = stat()
        guard unsafe fstat(descriptor.raw, &status) == 0 else {
            throw .unreadable(.last("fstat"))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .noFile }
        guard !isSecret || status.st_mode & 0o077 == 0 else { throw .openToOthers }
        var content = Buffer(capacity: 4096)
        while content.count <= byteCountMax {
            var result = 0
            content.append(atMost: 4096) { room in
                result = unsafe room.withUnsafeMutableBytes { room in
                    unsafe Glibc.read(descriptor.raw, room.baseAddress, room.count)
                }
                return max(result, 0)
            }
            guard result >= 0 else { throw .unreadable(.last("read")) }
            if result == 0 { return content }
        }
        throw .tooLarge(limit: byteCountMax)
    }
}
