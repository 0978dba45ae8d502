import Testing

@testable import Reactor

@Suite struct `Socket addresses` {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:5111", true), ("127.9.8.7", "127.9.8.7:5111", true),
        ("::1", "[::1]:5111", true), ("[::1]", "[::1]:5111", true),
        ("0.0.0.0", "0.0.0.0:5111", false), ("::", "[::]:5111", false),
        ("192.168.1.2", "192.168.1.2:5111", false), ("2001:db8::1", "[2001:db8::1]:5111", false),
    ])
    func `literals are read, written and judged`(
        literal: String, description: String, isLoopback: Bool
    ) throws {
        let address = try #require(SocketAddress(literal: literal, port: 5111))
        #expect(address.description == description)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: ["", "localhost", "127.0.0.1:80", "[127.0.0.1]", "1.2.3", "::g", "127.1"])
    func `anything else is no literal`(text: String) {
        #expect(SocketAddress(literal: text, port: 1) == nil)
    }
}
