import Bytes
import E2EE
import Reactor

/// The texts that apps were seen to run, so that a change is announced once. Kept in one file of
/// the state folder, a line each: when (Unix seconds), app-id, compose hash. It is a record for
/// people and decides nothing.
struct SeenSoftware: Sendable {
    static let lineCountMax = 10_000

    private var lines: [String: Int] = [:]
    private let path: String?

    /// Reads what was seen before. Blocks. What cannot be read was not seen.
    init(in folder: String?) {
        path = folder.map { $0 + "/software-seen" }
        guard let path else { return }
        let content: Buffer
        do throws(SmallFile.Failure) {
            content = try SmallFile.read(path, isSecret: false, byteCountMax: 2 << 20)
        } catch {
            return
        }
        for line in content.readable.text.split(separator: "\n").prefix(Self.lineCountMax) {
            guard let space = line.firstIndex(of: " "), let time = Int(line[..<space]) else {
                continue
            }
            lines[String(line[line.index(after: space)...])] = time
        }
    }

    /// - `now`: Unix seconds.
    /// - Returns: whether this text of the app is new here.
    mutating func note(_ seen: Measurements, at now: Int) -> Bool {
        let line = "\(Hex.string(seen.appID.span)) \(Hex.string(seen.composeHash.span))"
        guard lines[line] == nil, lines.count < Self.lineCountMax else { return false }
        lines[line] = now
        return true
    }

    /// Writes what was seen. Blocks.
    func save() throws(SystemError) {
        guard let path else { return }
        let ordered = lines.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        let text = ordered.map { "\($0.value) \($0.key)\n" }.joined()
        try StoredFile.write(text.utf8Span.span, to: path)
    }
}
