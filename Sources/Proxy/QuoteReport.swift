import Bytes
public import E2EE
import Reactor

/// A verdict on a quote, as people and as scripts read it.
public struct QuoteReport: Sendable {
    public let verdict: QuoteVerdict
    /// Whether another root than Intel's was trusted: the verdict then proves nothing of Intel's.
    public let isRootReplaced: Bool

    public init(_ verdict: QuoteVerdict, isRootReplaced: Bool) {
        self.verdict = verdict
        self.isRootReplaced = isRootReplaced
    }

    /// One object on one line. `status` is null unless all signatures, chains and revocation lists
    /// held; `failure` is null only where `ok` is true.
    public var json: String {
        var output = Buffer()
        output.append(#"{"ok":"#)
        output.append(verdict.isAccepted ? "true" : "false")
        Self.member("status", verdict.status?.rawValue, to: &output)
        Self.member("advisories", verdict.advisories, to: &output)
        Self.member("failure", verdict.failure?.name, to: &output)
        Self.member("message", verdict.failure?.message, to: &output)
        Self.member("completed", verdict.completed.map(\.rawValue), to: &output)
        Self.member("fmspc", verdict.fmspc.map { Hex.string($0.span) }, to: &output)
        Self.member("tcbEvaluationDataNumber", verdict.evaluation?.tcbInfo, to: &output)
        Self.member("qeEvaluationDataNumber", verdict.evaluation?.qeIdentity, to: &output)
        Self.member("tcbDate", verdict.tcbDate, to: &output)
        Self.member("expiresAt", verdict.expiresAt, to: &output)
        Self.member("root", isRootReplaced ? "replaced" : "Intel", to: &output)
        output.append("}")
        return output.readable.text
    }

    /// A few lines.
    public var text: String {
        var lines: [String] = []
        if isRootReplaced { lines.append("root        REPLACED: this proves nothing of Intel's") }
        lines += verdict.completed.map { "passed      \($0.rawValue)" }
        if let failure = verdict.failure {
            lines.append("failed      \(failure.message) (\(failure.name))")
        }
        lines.append("TCB status  \(verdict.status?.rawValue ?? "unknown")")
        if !verdict.advisories.isEmpty {
            lines.append("advisories  \(verdict.advisories.joined(separator: ", "))")
        }
        if let expiresAt = verdict.expiresAt {
            lines.append("expires     \(WallClock(seconds: expiresAt))")
        }
        lines.append(verdict.isAccepted ? "ACCEPTED" : "REFUSED")
        return lines.joined(separator: "\n")
    }

    private static func member(_ name: String, _ text: String?, to output: inout Buffer) {
        begin(name, to: &output)
        if let text { output.append(jsonString: text) } else { output.append("null") }
    }

    private static func member(_ name: String, _ number: Int?, to output: inout Buffer) {
        begin(name, to: &output)
        output.append(number.map(String.init) ?? "null")
    }

    private static func member(_ name: String, _ texts: [String], to output: inout Buffer) {
        begin(name, to: &output)
        output.append("[")
        for (index, text) in texts.enumerated() {
            if index > 0 { output.append(",") }
            output.append(jsonString: text)
        }
        output.append("]")
    }

    private static func begin(_ name: String, to output: inout Buffer) {
        output.append(",")
        output.append(jsonString: name)
        output.append(":")
    }
}
