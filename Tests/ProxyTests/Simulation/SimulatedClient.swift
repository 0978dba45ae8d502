import TestSupport

@testable import Reactor

/// One client of a simulation: it asks its questions one after another on one connection, and keeps
/// what comes back.
final class SimulatedClient {
    let name: String
    let connection: SimulatedWorld.Connection
    private(set) var askedCount = 0
    let questionCount: Int
    private let isStreaming: Bool
    private(set) var received = ""
    /// It has left, or half-closed, of its own will.
    private(set) var hasLeft = false

    init(_ name: String, on connection: SimulatedWorld.Connection, from seed: inout SeededEntropy) {
        self.name = name
        self.connection = connection
        questionCount = 1 + seed.below(3)
        isStreaming = seed.once(in: 2)
        if seed.once(in: 3) { connection.receiveMax = 1 + seed.below(300) }
    }

    /// What the provider must answer to this client's question of that number, and to no other.
    func marker(_ number: Int) -> String { "<\(name).\(number)>" }

    func ask() {
        guard askedCount < questionCount, !hasLeft, !connection.isClosed else { return }
        askedCount += 1
        connection.send(ProxyBench.chat(marker(askedCount), isStreaming: isStreaming))
    }

    func leave(_ seed: inout SeededEntropy) {
        hasLeft = true
        if seed.once(in: 2) { connection.reset() } else { connection.end() }
    }

    func take() { received += connection.text() }

    /// The answers that came, each whole.
    var answers: [Substring] {
        received.components(of: "HTTP/1.1 ").filter { !$0.hasPrefix("100") }
    }

    /// Whether the answer that came for question `number` is the one the provider gave, to its end.
    func hasWholeAnswer(to number: Int) -> Bool {
        let answer = answers[number - 1]
        guard isStreaming else { return answer.contains("a\(marker(number))z") }
        return answer.contains(marker(number)) && answer.contains(#""content":"z""#)
    }

    enum Outcome { case complete, error, cut, missing }

    /// What became of question `number`.
    func outcome(_ number: Int) -> Outcome {
        guard number <= answers.count else { return .missing }
        let answer = answers[number - 1]
        if !answer.hasPrefix("200") { return .error }
        if answer.contains(#"data: {"error":"#) { return .error }
        let isWhole =
            isStreaming
            ? answer.contains("data: [DONE]") : answer.contains(#""finish_reason":"stop""#)
        return isWhole ? .complete : .cut
    }
}
