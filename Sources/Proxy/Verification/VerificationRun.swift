import Bytes
import E2EE
public import Logging
import Reactor

/// Verifies one model's enclave for the command line: live, as the proxy itself would, or again
/// from evidence that was saved.
public struct VerificationRun: Sendable {
    private let configuration: Configuration
    private let log: Logger

    public init(_ configuration: Configuration, log: Logger) {
        self.configuration = configuration
        self.log = log
    }

    /// Asks the provider for evidence and judges it. Nothing else is sent.
    /// - `folder`: where the evidence is kept; nil to keep it nowhere.
    /// - Throws: why the provider could not be asked, or what could not be written.
    public func live(
        _ model: String, savingTo folder: String? = nil
    ) throws -> VerificationDocument {
        _ = try configuration.checked()
        var loop = EventLoop(try EpollKernel(takesSignals: true))
        var server = try ProxyRun.server(configuration, listeners: [], bound: [], log: log)
        server.watch(model, on: &loop)
        loop.run(&server)
        guard let outcome = server.outcome else { throw EvidenceFailure("interrupted") }
        if let folder, let record = outcome.record { try record.write(to: folder) }
        guard let report = outcome.report else { throw EvidenceFailure(outcome.problem) }
        return document(report)
    }

    /// Adds to the user's pins what would settle the differences of `document`.
    /// - Returns: the file; nil where nothing differs from what is pinned.
    /// - Throws: what keeps it from being written.
    public func approve(_ document: VerificationDocument) throws -> String? {
        guard let approval = document.report.approval else { return nil }
        guard !configuration.trustsOthers || configuration.isPinsFileNamed else {
            throw EvidenceFailure(
                "what only a replaced root vouches for is not added to your own pins; give --pins")
        }
        guard let path = configuration.pinsFile else {
            throw EvidenceFailure("no folder for pins: set HOME, or give --pins")
        }
        var pins = configuration.pins
        pins.merge(approval)
        var json = Buffer()
        pins.write(to: &json)
        try StoredFile.write(json.readable, to: path)
        return path
    }

    /// Judges evidence that was saved.
    /// - `seconds`: Unix seconds; nil for the time it was saved.
    public func again(
        evidenceIn folder: String, at seconds: Int?
    ) throws(EvidenceFailure) -> VerificationDocument {
        let record = try EvidenceRecord(in: folder)
        return document(record.report(by: Verifier(configuration.attestationPolicy), at: seconds))
    }

    private func document(_ report: AttestationReport) -> VerificationDocument {
        VerificationDocument(report, isRootReplaced: configuration.trustsOthers)
    }
}

/// What came of a verification that somebody watches.
struct WatchedOutcome: Sendable {
    var report: AttestationReport?
    var record: EvidenceRecord?
    /// Why there is no report.
    var problem = ""
}

extension ProxyServer where System: ~Copyable {
    /// Verifies `model` and ends the loop with the outcome.
    mutating func watch(_ model: String, on loop: inout EventLoop<System>) {
        watched = model
        attest(model, on: &loop)
    }

    /// Tells whoever watches what came of it; the loop ends once what has to be kept is kept.
    mutating func tell(_ model: String, _ report: AttestationReport, _ record: EvidenceRecord?) {
        guard watched == model else { return }
        outcome = WatchedOutcome(report: report, record: record)
    }

    mutating func tell(_ model: String, _ error: APIError) {
        guard watched == model, outcome == nil else { return }
        outcome = WatchedOutcome(problem: error.message)
    }
}
