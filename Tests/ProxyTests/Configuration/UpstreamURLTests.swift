import Testing

@testable import Proxy

@Suite struct `Upstream URLs` {
    @Test(arguments: [
        ("https://api.venice.ai/api/v1", "api.venice.ai", 443, "/api/v1", "api.venice.ai"),
        ("https://api.venice.ai/api/v1/", "api.venice.ai", 443, "/api/v1", "api.venice.ai"),
        ("https://Host.example:8443", "Host.example", 8443, "", "Host.example:8443"),
        ("http://127.0.0.1:9/x", "127.0.0.1", 9, "/x", "127.0.0.1:9"),
        ("http://[::1]:9/x", "::1", 9, "/x", "[::1]:9"),
        ("http://localhost/x", "localhost", 80, "/x", "localhost"),
    ])
    func `are taken apart`(
        text: String, host: String, port: Int, path: String, authority: String
    ) throws {
        let url = try UpstreamURL(text)
        #expect(url.host == host)
        #expect(Int(url.port) == port)
        #expect(url.path == path)
        #expect(url.authority == authority)
    }

    @Test(arguments: [
        "", "api.venice.ai", "ftp://api.venice.ai", "https://", "https://a b/", "https://a:0/",
        "https://a:99999/", "https://u@host/", "https://host/p?q", "https://host/p#f",
        "https://host/a b", "http://api.venice.ai/", "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/", "http://0.0.0.0/", "https://host/\r\nX: y",
    ])
    func `are refused when they are ambiguous, or leave the machine in clear`(text: String) {
        #expect(throws: ConfigurationError.self) { try UpstreamURL(text) }
    }
}
