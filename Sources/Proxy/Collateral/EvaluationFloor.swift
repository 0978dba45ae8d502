import Bytes
import E2EE
import Reactor

/// The highest rounds of Intel's judgements seen so far, for each source and family of processors.
/// Whoever holds newer documents back is noticed. Kept in one file of the state folder.
public struct EvaluationFloor: Sendable {
    private var numbers: [String: EvaluationNumbers] = [:]
    private let source: String
    private let path: String?

    /// Reads what was seen before. Blocks.
    /// - `folder`: nil to remember nothing beyond this process.
    /// - Throws: `.badState` where the file is there and cannot be understood: it is not taken for
    ///   one that was never written.
    public init(in folder: String?, source: String) throws(ConfigurationError) {
        self.source = source
        path = folder.map(Self.path)
        guard let path, let content = try Self.content(of: path) else { return }
        guard let read = Self.read(content.span) else { throw .badState(path) }
        numbers = read
    }

    static func path(in folder: String) -> String { folder + "/collateral-seen.json" }

    private static func content(of path: String) throws(ConfigurationError) -> [UInt8]? {
        let content: Buffer
        do throws(SmallFile.Failure) { content = try SmallFile.read(path, isSecret: false) } catch {
            if case .unreadable(let error) = error, error.isFileMissing { return nil }
            throw .badState(path)
        }
        return content.readable.array
    }

    private static func read(_ json: Span<UInt8>) -> [String: EvaluationNumbers]? {
        guard (try? JSONDocument.check(json)) != nil, let root = JSONDocument.root(of: json) else {
            return nil
        }
        var numbers: [String: EvaluationNumbers] = [:]
        var isGood = true
        do {
            try root.forEachMember(in: json) { name, value throws(JSONError) in
                let key = JSONString.text(name, in: json)
                guard let tcbInfo = value.member("tcb", in: json)?.decimal(in: json),
                    let qeIdentity = value.member("qe", in: json)?.decimal(in: json)
                else { return isGood = false }
                numbers[key] = EvaluationNumbers(tcbInfo: tcbInfo, qeIdentity: qeIdentity)
            }
        } catch {
            return nil
        }
        return isGood ? numbers : nil
    }

    func minimum(for platform: QuotedPlatform) -> EvaluationNumbers {
        numbers[key(of: platform)] ?? EvaluationNumbers()
    }

    /// Notes what a verification held by.
    /// - Returns: whether that was more than was known.
    mutating func raise(for platform: QuotedPlatform, to seen: EvaluationNumbers) -> Bool {
        let known = minimum(for: platform)
        let higher = EvaluationNumbers(
            tcbInfo: max(known.tcbInfo, seen.tcbInfo),
            qeIdentity: max(known.qeIdentity, seen.qeIdentity))
        numbers[key(of: platform)] = higher
        return higher != known
    }

    /// Writes what was seen. Blocks.
    func save() throws(SystemError) {
        guard let path else { return }
        var json = Buffer()
        json.append("{\n")
        for (index, entry) in numbers.sorted(by: { $0.key < $1.key }).enumerated() {
            if index > 0 { json.append(",\n") }
            json.append(jsonString: entry.key)
            json.append(#":{"tcb":\#(entry.value.tcbInfo),"qe":\#(entry.value.qeIdentity)}"#)
        }
        json.append("\n}\n")
        try StoredFile.write(json.readable, to: path)
    }

    private func key(of platform: QuotedPlatform) -> String {
        source + " " + Hex.string(platform.fmspc.span)
    }
}
