import Bytes
import Simulator
import Testing

@testable import Reactor

@Suite struct `TLS streams` {
    /// A client and a server whose wires are two buffers.
    private struct Pair: ~Copyable {
        var client: TLSStream
        var server: TLSStream
        var toServer: Buffer
        var toClient = Buffer()
        var clientText = Buffer()
        var serverText = Buffer()

        init(_ host: String, trusting client: TLSContext, serving server: TLSContext) throws {
            var first = try TLSStream(connectingTo: host, in: client)
            let second = try TLSStream(acceptingIn: server)
            var flight = Buffer()
            try first.start(to: &flight)
            self.client = first
            self.server = second
            toServer = flight
        }

        /// Moves wire bytes, at most `size` at a time, until none are left.
        mutating func move(size: Int = .max) throws(TLSError) {
            while !toServer.isEmpty || !toClient.isEmpty {
                var piece = Self.take(size, from: &toServer)
                try server.open(piece.readable, into: &serverText, to: &toClient)
                piece = Self.take(size, from: &toClient)
                try client.open(piece.readable, into: &clientText, to: &toServer)
            }
        }

        private static func take(_ size: Int, from wire: inout Buffer) -> Buffer {
            let count = min(size, wire.count)
            let piece = Buffer(wire.readable.extracting(0..<count))
            wire.consume(count)
            return piece
        }
    }

    private static func now() -> Int { WallClock.now().seconds }

    private func contexts(
        _ fault: WebPKI.Fault = .none
    ) throws -> (client: TLSContext, server: TLSContext) {
        let pki = try WebPKI(fault, now: Self.now())
        return (
            try TLSContext(trusting: .certificates(pki.authority.certificate.pem)),
            try TLSContext(servingChain: pki.certificate.pem, key: pki.key.pem)
        )
    }

    private func failure(_ host: String, _ fault: WebPKI.Fault = .none) throws -> TLSError? {
        let (client, server) = try contexts(fault)
        var pair = try Pair(host, trusting: client, serving: server)
        do throws(TLSError) {
            try pair.move()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [1, 2, 5, 64, 1000, Int.max])
    func `text arrives whole in both directions, however the wire is cut`(size: Int) throws {
        let (client, server) = try contexts()
        var pair = try Pair("localhost", trusting: client, serving: server)
        try pair.move(size: size)
        #expect(pair.client.state == .open)
        #expect(pair.server.state == .open)
        let long = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try pair.client.seal("hello".utf8Span.span, to: &pair.toServer)
        try pair.server.seal(long.span, to: &pair.toClient)
        try pair.move(size: size)
        #expect(pair.serverText.readable.text == "hello")
        #expect(pair.clientText.readable.array == long)
    }

    @Test(arguments: ["localhost", "127.0.0.1", "::1"])
    func `a certificate is good for the names it has`(host: String) throws {
        #expect(try failure(host) == nil)
    }

    @Test(arguments: ["example.com", "localhost.example", "127.0.0.2", "::2", "localhos"])
    func `a certificate is good for no other name`(host: String) throws {
        #expect(try failure(host) == .wrongHost)
    }

    @Test func `expired, foreign and self-made certificates are refused`() throws {
        #expect(try failure("localhost", .expired) == .certificateExpired)
        #expect(try failure("localhost", .wrongName) == .wrongHost)
        for fault in [WebPKI.Fault.selfSigned, .otherAuthority] {
            guard case .untrustedCertificate = try failure("localhost", fault) else {
                Issue.record("\(fault) was accepted")
                continue
            }
        }
    }

    @Test func `the next handshake continues the session`() throws {
        let (client, server) = try contexts()
        for round in 0..<3 {
            var pair = try Pair("localhost", trusting: client, serving: server)
            try pair.move()
            // Tickets come behind the handshake, with the first text or before.
            try pair.server.seal("x".utf8Span.span, to: &pair.toClient)
            try pair.move()
            #expect(pair.client.isResumed == (round > 0))
        }
    }

    @Test func `a proper end is told from a cut`() throws {
        let (client, server) = try contexts()
        var pair = try Pair("localhost", trusting: client, serving: server)
        try pair.move()
        #expect(pair.client.state == .open)
        pair.server.finish(to: &pair.toClient)
        try pair.move()
        #expect(pair.client.state == .ended)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n", "\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}\u{28}", "SSH-2.0-x\r\n",
    ])
    func `garbage in place of a handshake is an error`(text: String) throws {
        let (client, _) = try contexts()
        var stream = try TLSStream(connectingTo: "localhost", in: client)
        var outbox = Buffer()
        var inbox = Buffer()
        try stream.start(to: &outbox)
        #expect(throws: TLSError.protocolViolation) {
            try stream.open(text.utf8Span.span, into: &inbox, to: &outbox)
        }
        #expect(inbox.isEmpty == true)
    }

    @Test func `an altered record is an error, and nothing of it arrives`() throws {
        let (client, server) = try contexts()
        var pair = try Pair("localhost", trusting: client, serving: server)
        try pair.move()
        try pair.server.seal("secret".utf8Span.span, to: &pair.toClient)
        let last = pair.toClient.count - 1
        let byte = pair.toClient.readable[last]
        pair.toClient.overwrite(at: last, with: byte ^ 1)
        #expect(throws: TLSError.protocolViolation) { try pair.move() }
        #expect(pair.clientText.isEmpty == true)
    }

    @Test func `certificates that are none are named`() {
        #expect(throws: TLSError.self) { try TLSContext(trusting: .file("/no/such/file")) }
        #expect(throws: TLSError.self) { try TLSContext(trusting: .certificates("no PEM")) }
        #expect(throws: TLSError.self) { try TLSContext(servingChain: "no PEM", key: "no PEM") }
    }
}
