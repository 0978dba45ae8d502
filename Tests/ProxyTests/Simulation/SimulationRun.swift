import Simulator
import TestSupport

@testable import E2EE
@testable import Proxy
@testable import Reactor

/// The whole proxy for one seed: clients, the provider, the network and the clock misbehave as the
/// seed says, and at the end everything that must hold is checked. A seed repeats byte for byte.
struct SimulationRun: ~Copyable {
    /// What must not happen, in words, with the seed to repeat it.
    struct Violation: Error, CustomStringConvertible {
        let description: String
    }

    private let seed: UInt64
    private var random: SeededEntropy
    private var bench: ProxyBench
    private var clients: [SimulatedClient] = []
    /// Whether evidence is verified down to the root of a simulated platform.
    private let isFull: Bool
    /// Whether the provider's evidence, where it gives any, is good.
    private var isHonest = true
    private static let stepCount = 400

    /// What a lying provider changes in its evidence.
    private static let lies = [
        (#""nonce""#, #""once""#), (#""verified":true"#, #""verified":false"#),
        (#""model":"m""#, #""model":"n""#), ("0000001000000000", "0100001000000000"),
        (#""signing_key":"04"#, #""signing_key":"05"#),
        (#""intel_quote":"04"#, #""intel_quote":"03"#),
        ("939a7233", "939a7234"), ("{", "["),
        (#""signing_algo":"ecdsa""#, #""signing_algo":"rsa""#),
    ]

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededEntropy(seed: seed)
        isFull = random.once(in: 3)
        let isFull = isFull
        bench = try ProxyBench(seed: seed) {
            $0.upstream = try! UpstreamURL("http://localhost:9/api/v1")
            guard isFull else { return }
            $0.verification = .full
            $0.attestationRoot = Platform.shared.pki.root.certificate.der
            $0.pins = SimulatedSoftware.modelHost.pins(scope: .modelHost)
            $0.collateralURL = try! UpstreamURL("http://localhost:9/pcs")
        }
        bench.world.names["localhost"] = Self.addresses
        var order = SeededEntropy(seed: random.next())
        if random.once(in: 2) { bench.world.reorder = { order.shuffle(&$0) } }
    }

    private static let addresses = ["127.0.0.1", "127.0.0.2"].map {
        SocketAddress(literal: $0, port: 9)!
    }

    /// Runs to the end.
    /// - Returns: everything the clients received, which a second run of the seed must repeat.
    mutating func run() throws -> String {
        try script()
        for _ in 0..<Self.stepCount { try disturb() }
        let stops = random.once(in: 4)
        if stops { bench.world.signal(.terminate) }
        try calmDown()
        for client in clients { try check(client) }
        guard isHonest || bench.provider.chats.isEmpty else {
            throw violation("a prompt was sent to a key that nobody vouched for")
        }
        if stops { try checkStopped() } else { try disperse() }
        return clients.map(\.received).joined(separator: "\n")
    }

    /// How the provider behaves in this run.
    private mutating func script() throws {
        let provider = bench.provider
        var fate = SeededEntropy(seed: random.next())
        if isFull { try scriptPlatform() }
        if random.once(in: 12) {
            provider.attestationStatus = [429, 500, 503, 404][random.below(4)]
        }
        if !isFull, random.once(in: 8) {
            let (old, new) = Self.lies[random.below(Self.lies.count)]
            provider.spoilAttestation = { $0.replacingFirst(old, new) }
            isHonest = false
        }
        if random.once(in: 16) { provider.catalogue = "{\"data\":7}" }
        provider.chat = { [unowned provider] request in
            let text = try provider.texts(of: request).last ?? ""
            return try Self.answer(request, echoing: text, by: provider, &fate)
        }
    }

    /// The platform behind the evidence: genuine, or condemned by its collateral, or with a quote
    /// of which one bit was turned.
    private mutating func scriptPlatform() throws {
        let platform = Platform.shared
        let service = CollateralService(platform.good)
        if random.once(in: 6) {
            service.collateral = platform.condemning
            isHonest = false
        }
        if random.once(in: 8) { service.failing = ["tcb", "identity", "crl"][random.below(3)] }
        let bit = random.once(in: 6) ? random.below(8 * 632) : nil
        if bit != nil { isHonest = false }
        bench.provider.elsewhere = { service.answer($0.target) }
        bench.provider.software = SimulatedSoftware.modelHost.flatMembers
        bench.provider.quote = { reportData in
            var unsigned = SimulatedQuote(reportData: reportData)
            SimulatedSoftware.modelHost.measure(into: &unsigned)
            var quote = try unsigned.signed(by: platform.quoting)
            if let bit { quote[bit / 8] ^= 1 << UInt8(bit % 8) }
            return quote
        }
    }

    /// One for all runs: what it signs with never reaches a client.
    private struct Platform {
        let pki: TEEPKI
        let quoting: QuotingEnclave
        let good: SimulatedCollateral
        let condemning: SimulatedCollateral

        static let shared = try! Platform()

        init() throws {
            let now = SimulatedWorld().wallClock
            pki = try TEEPKI(now: now)
            quoting = try QuotingEnclave(under: pki)
            good = try SimulatedCollateral(under: pki, now: now)
            condemning = try SimulatedCollateral(under: pki, status: "OutOfDate", now: now)
        }
    }

    /// The right answer, or one of the ways to get it wrong.
    private static func answer(
        _ request: ScriptedProvider.Request, echoing text: String, by provider: ScriptedProvider,
        _ fate: inout SeededEntropy
    ) throws -> String? {
        func delta(_ text: String) throws -> String {
            event(#""content":"\#(try provider.seal(text, for: request))""#)
        }
        let good = try [delta("a"), delta(text), delta("z")]
        let end = [event("", finish: #""stop""#), "data: [DONE]\n\n"]
        switch fate.below(24) {
        case 0: return nil
        case 1: return ScriptedProvider.json([400, 401, 429, 500, 503][fate.below(5)], "{}")
        case 2: return ScriptedProvider.json(400, #"{"error":{"type":"e2ee_model_key_mismatch"}}"#)
        case 3: return ScriptedProvider.stream(good.dropLast())
        case 4: return ScriptedProvider.stream(good.dropLast(), ends: false)
        case 5: return ScriptedProvider.stream([good[0], event(#""content":"clear""#)] + end)
        case 6: return ScriptedProvider.stream([good[0], good[0]] + end)
        case 7:
            request.connection.end()
            return ScriptedProvider.stream(good.dropLast(), ends: false)
        case 8:
            request.connection.reset()
            return nil
        case 9:
            return ScriptedProvider.stream(good + [#"data: {"error":{"message":"x"}}"# + "\n\n"])
        case 10: return "garbage\r\n\r\n"
        case 11:
            request.connection.receiveMax = 1 + fate.below(50)
            return ScriptedProvider.stream(good + end)
        default: return ScriptedProvider.stream(good + end)
        }
    }

    /// One thing happens, then one turn.
    private mutating func disturb() throws {
        switch random.below(40) {
        case 0...3 where clients.count < 6:
            let handle = bench.world.connect(to: bench.listener)
            try bench.step()
            guard let connection = handle.connection else { break }
            clients.append(SimulatedClient("c\(clients.count)", on: connection, from: &random))
        case 4...9: clients.randomElement(&random)?.ask()
        case 10: clients.randomElement(&random)?.leave(&random)
        case 11: clients.randomElement(&random)?.connection.room = random.below(500)
        case 12: clients.randomElement(&random)?.connection.room = nil
        case 13: bench.world.outgoing.randomElement(&random)?.reset()
        case 14: bench.world.outgoing.randomElement(&random)?.room = random.below(500)
        case 15: bench.world.outgoing.randomElement(&random)?.room = nil
        case 16: try bench.pass(.milliseconds(random.below(1500)))
        case 17: disturbNetwork()
        case 18...20: calmNetwork()
        case 21...24: for client in clients { client.take() }
        case 25...34: for client in clients { client.sendOn() }
        default: break
        }
        try bench.step()
    }

    private mutating func disturbNetwork() {
        let world = bench.world
        switch random.below(6) {
        case 0: world.refused = [Self.addresses[random.below(2)]]
        case 1: world.refused = Set(Self.addresses)
        case 2: world.silent = [Self.addresses[random.below(2)]]
        case 3: world.names = [:]
        case 4: world.holdsNames = true
        default: world.isOutOfDescriptors = true
        }
    }

    private mutating func calmNetwork() {
        bench.world.refused = []
        bench.world.silent = []
        bench.world.names["localhost"] = Self.addresses
        bench.world.holdsNames = false
        bench.world.isOutOfDescriptors = false
    }

    /// Nothing disturbs any more: whatever is under way comes to its end, by a timeout at the
    /// latest.
    private mutating func calmDown() throws {
        calmNetwork()
        for connection in bench.world.connections { connection.room = nil }
        for client in clients { client.hurry() }
        for _ in 0..<60 {
            for client in clients { client.sendOn() }
            try bench.pass(.seconds(5))
            for client in clients { client.take() }
        }
    }

    /// All clients leave, and nothing of them may stay.
    private mutating func disperse() throws {
        for client in clients { client.connection.end() }
        try bench.pass(.seconds(1))
        try bench.pass(.seconds(60))
        guard bench.leftover.isEmpty else { throw violation("left over: \(bench.leftover)") }
        guard bench.server.isRunning else { throw violation("the loop ended") }
    }

    /// The process was told to stop, and every answer has ended since.
    private func checkStopped() throws {
        guard !bench.server.isRunning else { throw violation("it does not stop") }
        guard bench.world.listeners.isEmpty else { throw violation("it still listens") }
    }

    private func check(_ client: SimulatedClient) throws {
        guard client.answers.count <= client.askedCount + 1 else {
            throw violation("\(client.name) got \(client.answers.count) answers")
        }
        var hasEnded = client.hasLeft
        for number in 1...max(1, client.askedCount) where client.askedCount > 0 {
            switch client.outcome(number) {
            case .complete:
                guard client.isGood(number) else {
                    throw violation("\(client.name) got an answer to nonsense \(number)")
                }
                guard client.hasWholeAnswer(to: number) else {
                    throw violation("\(client.name) got another answer to \(number), or not all")
                }
            case .error: hasEnded = hasEnded || client.connection.isClosed
            case .cut, .missing:
                guard hasEnded || client.connection.isClosed else {
                    throw violation("\(client.name) never heard of \(number)")
                }
                guard hasEnded || client.outcome(number) == .missing else {
                    throw violation("\(client.name) got a cut answer to \(number) in silence")
                }
            }
        }
        for other in clients where other !== client && client.received.contains("<\(other.name).") {
            throw violation("\(client.name) heard what \(other.name) was told")
        }
    }

    private func violation(_ text: String) -> Violation {
        Violation(description: "seed \(seed): \(text)")
    }
}

extension SeededEntropy {
    fileprivate mutating func shuffle<Element>(_ elements: inout [Element]) {
        for index in elements.indices.dropFirst() { elements.swapAt(index, below(index + 1)) }
    }
}

extension Array {
    /// One of the elements, as the seed chooses.
    fileprivate func randomElement(_ random: inout SeededEntropy) -> Element? {
        isEmpty ? nil : self[random.below(count)]
    }
}
