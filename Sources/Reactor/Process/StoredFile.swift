import Bytes
import Glibc

/// Writes files that are whole or not there. Blocks: for work off the loop's thread.
public enum StoredFile {
    /// Writes `content` beside `path` and moves it there, so that nobody ever reads half of it. The
    /// folders on the way are made, for the owner alone.
    public static func write(_ content: Span<UInt8>, to path: String) throws(SystemError) {
        try makeFolder(of: path)
        var template = Array("\(path).XXXXXX".utf8CString)
        let raw = unsafe mkstemp(&template)
        guard raw >= 0 else { throw .last("mkstemp") }
        let draft = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do throws(SystemError) {
            try write(content, to: Descriptor(adopting: raw))
            guard unsafe rename(draft, path) == 0 else { throw .last("rename") }
        } catch {
            unsafe unlink(draft)
            throw error
        }
    }

    /// Removes a file; one that is not there is removed already.
    public static func remove(_ path: String) throws(SystemError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .last("unlink") }
    }

    private static func write(
        _ content: Span<UInt8>, to descriptor: borrowing Descriptor
    ) throws(SystemError) {
        var offset = 0
        while offset < content.count {
            let rest = content.extracting(offset..<content.count)
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor.raw, bytes.baseAddress, bytes.count)
            }
            guard count > 0 || errno == EINTR else { throw .last("write") }
            offset += max(count, 0)
        }
        guard fsync(descriptor.raw) == 0 else { throw .last("fsync") }
    }

    private static func makeFolder(of path: String) throws(SystemError) {
        var end = path.startIndex
        while let slash = path[end...].dropFirst().firstIndex(of: "/") {
            let folder = String(path[..<slash])
            guard unsafe mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw .last("mkdir") }
            end = slash
        }
    }
}
