import Bytes
import Simulator

@testable import E2EE

/// A quote's body with the registers that simulated software leaves, and the log of it.
struct SoftwareSample: Sendable {
    var software = SimulatedSoftware.modelHost
    /// nil for those of the software.
    var events: [SimulatedEvent]?
    var form = SimulatedEvent.DigestForm.plain
    /// Changes the log as it is told, not what was measured.
    var tell: @Sendable (inout [SimulatedEvent]) -> Void = { _ in }

    var measured: [SimulatedEvent] { events ?? software.events }

    var log: [UInt8] {
        var told = measured
        tell(&told)
        return Array("[\(told.map(\.json).joined(separator: ","))]".utf8)
    }

    var quote: [UInt8] {
        var quote = SimulatedQuote(reportData: [UInt8](repeating: 0, count: 64))
        software.measure(into: &quote)
        quote.rtmrs = SimulatedEvent.registers(after: measured, form)
        return quote.message + [1, 0, 0, 0, 0]
    }

    /// What a log that is told like this comes to.
    var outcome: Result<BootEvents, AttestationError> {
        do throws(AttestationError) {
            let (log, bytes) = (log, quote)
            let events = try EventLog(log.span)
            try events.check(against: TDXQuote(bytes.span), in: bytes.span)
            return .success(try BootEvents(events))
        } catch {
            return .failure(error)
        }
    }

    static func refusal(_ change: (inout SoftwareSample) -> Void) -> AttestationError? {
        var sample = SoftwareSample()
        change(&sample)
        return sample.outcome.refusal
    }
}
