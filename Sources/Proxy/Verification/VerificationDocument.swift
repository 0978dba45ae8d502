import Bytes
public import E2EE
import Reactor

/// What was proven of a model's enclave, and what was not: for people as lines, for programs as one
/// JSON object.
public struct VerificationDocument: Sendable {
    public let report: AttestationReport
    /// Whether another root than Intel's was trusted: nothing is then proven of Intel's.
    public let isRootReplaced: Bool
    /// Whether prompts may be sealed to the key now: it may have run out since.
    let isCurrent: Bool

    init(_ report: AttestationReport, isRootReplaced: Bool, isCurrent: Bool? = nil) {
        self.report = report
        self.isRootReplaced = isRootReplaced
        self.isCurrent = isCurrent ?? (report.key != nil)
    }

    public var isVerified: Bool { report.key != nil }

    /// What every answer says of its key in its head, as fields and values.
    static func headFields(
        of key: VerifiedKey, isRootReplaced: Bool
    ) -> [(name: StaticString, value: String)] {
        [
            ("x-e2ee-key", "0x" + key.key.address.hex),
            ("x-e2ee-scope", key.scope.name),
            ("x-e2ee-verification", key.verdict + (isRootReplaced ? "; root=replaced" : "")),
        ]
    }

    // MARK: For people

    /// A line a check, then the verdict.
    public var text: String {
        var lines: [String] = []
        if isRootReplaced { lines.append("ROOT REPLACED  this proves nothing of Intel's hardware") }
        lines += report.checks.map(Self.line)
        lines.append("")
        if let key = report.key {
            lines.append("key        0x\(key.key.address.hex)")
            lines.append("scope      \(key.scope.name): \(key.scope.meaning)")
            lines.append("expires    \(WallClock(seconds: key.expiresAt))")
        }
        if let quote = report.quote {
            lines.append("TCB        \(quote.status?.rawValue ?? "unknown")")
            if !quote.advisories.isEmpty {
                lines.append("advisories \(quote.advisories.joined(separator: ", "))")
            }
        }
        lines += report.softwareLines
        if let failure = report.failure {
            lines.append("REFUSED    \(failure.message) (\(failure.name))")
        } else {
            lines.append("VERIFIED   level \(report.level.name)")
        }
        return lines.joined(separator: "\n")
    }

    private static func line(_ check: Check) -> String {
        let detail = check.detail.map { ": \($0)" } ?? ""
        return switch check.outcome {
        case .passed: "pass       \(check.name)\(detail)"
        case .notRun(let reason): "skipped    \(check.name): \(reason)"
        case .failed(let error): "FAIL       \(check.name): \(error.message) (\(error.name))"
        }
    }

    // MARK: For programs

    public var json: String {
        var output = Buffer()
        write(to: &output)
        return output.readable.text
    }

    func write(to output: inout Buffer) {
        output.append(#"{"model":"#)
        output.append(jsonString: report.model)
        output.append(
            #","verified":\#(isVerified),"current":\#(isCurrent),"level":"\#(report.level.name)""#)
        output.append(#","root":"\#(isRootReplaced ? "replaced" : "Intel")""#)
        output.append(#","failure":"#)
        Self.write(report.failure, to: &output)
        writeKey(to: &output)
        writeQuote(to: &output)
        report.writeSoftware(to: &output)
        output.append(#","checks":["#)
        for (index, check) in report.checks.enumerated() {
            if index > 0 { output.append(.ascii(",")) }
            Self.write(check, to: &output)
        }
        output.append("]}")
    }

    private func writeKey(to output: inout Buffer) {
        guard let key = report.key else {
            output.append(#","scope":null,"address":null,"key":null,"expires_at":null"#)
            return
        }
        output.append(#","scope":"\#(key.scope.name)","address":"0x\#(key.key.address.hex)""#)
        output.append(#","key":"\#(key.key.hex)","expires_at":\#(key.expiresAt)"#)
    }

    private func writeQuote(to output: inout Buffer) {
        output.append(#","tcb":"#)
        guard let quote = report.quote else { return output.append("null") }
        let status = quote.status.map { "\"\($0.rawValue)\"" } ?? "null"
        let advisories = quote.advisories.map { "\"\($0)\"" }.joined(separator: ",")
        let fmspc = quote.fmspc.map { "\"\(Hex.string($0.span))\"" } ?? "null"
        output.append(#"{"status":\#(status),"advisories":[\#(advisories)],"fmspc":\#(fmspc)"#)
        output.append(#","expires_at":\#(quote.expiresAt.map(String.init) ?? "null")}"#)
    }

    private static func write(_ error: AttestationError?, to output: inout Buffer) {
        guard let error else { return output.append("null") }
        output.append(#"{"name":"\#(error.name)","message":"#)
        output.append(jsonString: error.message)
        output.append(.ascii("}"))
    }

    private static func write(_ check: Check, to output: inout Buffer) {
        output.append(#"{"name":"#)
        output.append(jsonString: check.name)
        switch check.outcome {
        case .passed: output.append(#","outcome":"passed""#)
        case .notRun(let reason):
            output.append(#","outcome":"skipped","reason":"#)
            output.append(jsonString: reason)
        case .failed(let error):
            output.append(#","outcome":"failed","failure":"#)
            write(error, to: &output)
        }
        if let detail = check.detail {
            output.append(#","detail":"#)
            output.append(jsonString: detail)
        }
        output.append(.ascii("}"))
    }
}

extension VerifiedKey.Scope {
    /// As it stands in fields and documents.
    var name: String {
        switch self {
        case .modelHost: "model-host"
        case .gateway: "gateway"
        }
    }

    var meaning: String {
        switch self {
        case .modelHost: "the machine that runs the model"
        case .gateway: "a machine before the model's; what it passes texts on to is not proven"
        }
    }
}

extension VerificationLevel {
    var name: String {
        switch self {
        case .binding: "binding"
        case .full: "full"
        }
    }
}

extension VerifiedKey {
    /// The level it was verified at, and the platform's status, for a field of an answer's head.
    var verdict: String { tcbStatus.map { "\(level.name); tcb=\($0.rawValue)" } ?? level.name }
}
