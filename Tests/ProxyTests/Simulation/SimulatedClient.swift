import Foundation
import TestSupport

@testable import Reactor

/// One client of a simulation: it asks its questions one after another on one connection, and keeps
/// what comes back.
final class SimulatedClient {
    /// What its questions ask for beside an answer.
    enum Wish: Equatable {
        case nothing
        case choices(Int)
        /// That the answer ends before its last letter.
        case stop
        /// JSON, which no answer here is: asked for again, and then an error.
        case object

        var members: String {
            switch self {
            case .nothing: ""
            case .choices(let count): #","n":\#(count)"#
            case .stop: #","stop":["z"]"#
            case .object: #","response_format":{"type":"json_object"}"#
            }
        }
    }

    let name: String
    let wish: Wish
    let connection: SimulatedWorld.Connection
    private(set) var askedCount = 0
    let questionCount: Int
    private let isStreaming: Bool
    private(set) var received = ""
    /// Questions that are none, by number.
    private var nonsenses: [Int: String] = [:]
    /// What was asked and not yet sent, and how much of it goes at a time.
    private var unsent: [UInt8] = []
    private var pieceMax = Int.max
    /// It has left, or half-closed, of its own will.
    private(set) var hasLeft = false

    init(_ name: String, on connection: SimulatedWorld.Connection, from seed: inout SeededEntropy) {
        self.name = name
        self.connection = connection
        switch seed.below(10) {
        case 0: wish = .choices(2 + seed.below(2))
        case 1: wish = .stop
        case 2: wish = .object
        default: wish = .nothing
        }
        questionCount = 1 + seed.below(3)
        isStreaming = seed.once(in: 2)
        if seed.once(in: 3) { connection.receiveMax = 1 + seed.below(300) }
        if seed.once(in: 4) { pieceMax = 1 + seed.below(60) }
        for number in 1...questionCount where seed.once(in: 10) {
            nonsenses[number] = Self.allNonsense[seed.below(Self.allNonsense.count)]
        }
    }

    /// What the provider must answer to this client's question of that number, and to no other.
    func marker(_ number: Int) -> String { "<\(name).\(number)>" }

    func ask() {
        guard askedCount < questionCount, !hasLeft, !connection.isClosed else { return }
        askedCount += 1
        if let nonsense = nonsenses[askedCount] {
            unsent += Array(nonsense.utf8)
        } else {
            let question = ProxyBench.post(
                #"{"model":"m","stream":\#(isStreaming),"messages":[{"role":"user","content":""#
                    + #"\#(marker(askedCount))"}]\#(wish.members)}"#)
            unsent += Array(question.utf8)
        }
        sendOn()
    }

    /// What is left of its questions goes in one piece from now on.
    func hurry() { pieceMax = .max }

    /// Sends what is left of its questions, or the next piece of it.
    func sendOn() {
        guard !connection.isClosed, !hasLeft else { return }
        let count = min(unsent.count, pieceMax)
        connection.send(Array(unsent[..<count]))
        unsent.removeFirst(count)
    }

    /// Whether question `number` is one that can be answered.
    func isGood(_ number: Int) -> Bool { nonsenses[number] == nil }

    private static let allNonsense = [
        ProxyBench.post("{"), ProxyBench.post(#"{"model":"m"}"#),
        ProxyBench.post(#"{"model":"other","messages":[{"role":"user","content":"x"}]}"#),
        ProxyBench.get("/nothing"),
        "POST /v1/chat/completions HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n",
        "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\n bad: fold\r\n\r\n",
    ]

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
        // What the next answer says is none of this one's.
        let rest = answers[number - 1]
        let answer = String(rest[..<(rest.range(of: "HTTP/1.1 ")?.lowerBound ?? rest.endIndex)])
        let marker = marker(number)
        let lastCount = answer.components(of: #""content":"z""#).count
        let markerCount = answer.components(of: marker).count
        switch wish {
        case .object: return false
        case .stop where isStreaming: return markerCount == 1 && lastCount == 0
        case .stop: return answer.contains(#""content":"a\#(marker)""#)
        case .nothing, .choices:
            var count = 1
            if case .choices(let wanted) = wish { count = wanted }
            if isStreaming { return markerCount == count && lastCount == count }
            return answer.components(of: "a\(marker)z").count == count
        }
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
