import Bytes
import Simulator
import TestSupport
import Testing

@testable import E2EE
@testable import Proxy
@testable import Reactor

/// A proxy that verifies fully and asks a service about the provider's GPUs.
private struct NRASBench: ~Copyable {
    var full: FullBench
    let service: Service

    /// The service, which fails as a test tells it to.
    final class Service {
        let nras: SimulatedNRAS
        let host: SimulatedGPUHost
        /// What it answers to a request for its keys, one after the other; the last stays.
        var keySets: [String]
        var isSilent = false
        var isRefusing = false
        var requests: [String] = []

        init() throws {
            host = try SimulatedGPUHost()
            nras = try SimulatedNRAS(root: host.pki.root.certificate.der)
            keySets = [nras.keys]
        }

        func answer(_ request: ScriptedProvider.Request) throws -> String? {
            requests.append(request.target)
            if isRefusing { return ScriptedProvider.json(500, "{}") }
            if request.target.hasSuffix("jwks.json") {
                let keys = keySets.count > 1 ? keySets.removeFirst() : keySets[0]
                return ScriptedProvider.json(200, keys)
            }
            let answer = try nras.answer(to: request.body, now: FullBench.now)
            return ScriptedProvider.json(200, answer ?? "{}")
        }
    }

    init(_ policy: NRASPolicy = .require) throws {
        let service = try Service()
        let full = try FullBench {
            $0.nras = policy
            $0.nrasURL = try! UpstreamURL("http://127.0.0.1:9/nras")
            $0.nrasIssuer = SimulatedNRAS.issuer
            $0.gpuRoot = service.host.pki.root.certificate.der
        }
        let provider = full.bench.provider
        provider.gpus = { nonce in
            guard let nonce = AttestationNonce(hex: nonce.utf8Span.span) else { return "" }
            return try service.host.payload(for: nonce)
        }
        let others = provider.elsewhere
        provider.elsewhere = { request in
            guard request.target.hasPrefix("/nras/") else { return try others(request) }
            // A request without an answer waits for one that never comes.
            return service.isSilent ? "" : try service.answer(request)
        }
        self.full = full
        self.service = service
    }

    mutating func ask() throws -> String { try full.ask() }
}

@Suite struct `NVIDIA's attestation service` {
    @Test func `what it approves is used, and its keys are kept`() throws {
        var bench = try NRASBench()
        #expect(try bench.ask().contains("ok"))
        #expect(bench.service.requests.count == 2)
        try bench.full.bench.pass(.seconds(1700))
        #expect(try bench.ask().contains("ok"))
        #expect(bench.service.requests.count == 3)
        #expect(bench.full.bench.leftover == [])
    }

    @Test func `keys that have changed are fetched once more, and no oftener`() throws {
        var bench = try NRASBench()
        bench.service.keySets = [#"{"keys":[]}"#, bench.service.nras.keys]
        #expect(try bench.ask().contains("ok"))
        #expect(bench.service.requests.filter { $0.hasSuffix("jwks.json") }.count == 2)
        var hopeless = try NRASBench()
        hopeless.service.keySets = [#"{"keys":[]}"#]
        #expect(try hopeless.ask().contains("nrasKeyUnknown"))
        #expect(hopeless.service.requests.filter { $0.hasSuffix("jwks.json") }.count == 2)
        #expect(hopeless.full.bench.provider.chats.isEmpty)
        #expect(hopeless.full.bench.leftover == [])
    }

    @Test(arguments: [true, false])
    func `one that fails or is silent is waited for a while, and is no pass`(isSilent: Bool) throws
    {
        for policy in [NRASPolicy.report, .require] {
            var bench = try NRASBench(policy)
            bench.service.isSilent = isSilent
            bench.service.isRefusing = !isSilent
            let client = try bench.full.bench.connect()
            client.send(ProxyBench.chat(isStreaming: false))
            try bench.full.bench.settle()
            try bench.full.bench.pass(.seconds(11))
            #expect(client.text().contains(policy == .report ? "ok" : "nrasUnavailable"))
            client.end()
            try bench.full.bench.settle()
            #expect(bench.full.bench.leftover == [])
        }
    }

    @Test func `an answer that comes after its keys were given up on keeps nobody waiting`() throws
    {
        var bench = try NRASBench(.report)
        let (service, provider) = (bench.service, bench.full.bench.provider)
        bench.full.served.isSilent = true
        service.isSilent = true
        let client = try bench.full.bench.connect()
        client.send(ProxyBench.chat(isStreaming: false))
        try bench.full.bench.settle()
        let asked = provider.requests
        let keys = try #require(asked.first { $0.target.hasSuffix("jwks.json") })
        keys.connection.send(ScriptedProvider.json(500, "{}"))
        try bench.full.bench.settle()
        let approval = try #require(asked.first { $0.target.hasSuffix("/attest/gpu") })
        approval.connection.send(try service.answer(approval) ?? "")
        try bench.full.bench.settle()
        bench.full.served.isSilent = false
        for request in asked {
            if let answer = bench.full.served.answer(request.target) {
                request.connection.send(answer)
            }
        }
        try bench.full.bench.settle()
        #expect(client.text().contains("ok"))
        client.end()
        try bench.full.bench.settle()
        #expect(bench.full.bench.leftover == [])
    }

    @Test func `switched off, it hears nothing`() throws {
        var bench = try NRASBench(.off)
        #expect(try bench.ask().contains("ok"))
        #expect(bench.service.requests.isEmpty)
    }
}
