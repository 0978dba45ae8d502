import HTTP
import Testing

@testable import Proxy

@Suite struct `The local surface` {
    private func check(
        _ fields: String, configure: (inout Configuration) -> Void = { _ in }
    ) throws -> (origin: String?, error: APIError?, keyError: APIError?) {
        var configuration = Configuration(
            upstream: try UpstreamURL("https://127.0.0.1:1"), apiKey: AccessKey("k"))
        configure(&configuration)
        let surface = LocalSurface(
            configuration, listeningOn: ["192.0.2.7", "0.0.0.0", "[::]"], port: 5111)
        let bytes = Array("GET / HTTP/1.1\r\n\(fields)\r\n".utf8)
        var parser = RequestParser(limits: HTTPLimits())
        guard case .head(let head) = try parser.next(in: bytes.span).event else {
            Issue.record("no head in \(fields)")
            return (nil, nil, nil)
        }
        func error(_ body: () throws(APIError) -> Void) -> APIError? {
            do {
                try body()
                return nil
            } catch {
                return error
            }
        }
        var origin: String?
        let refusal = error { () throws(APIError) in
            origin = try surface.checkSender(head, in: bytes.span)
        }
        let keyError = error { () throws(APIError) in try surface.checkKey(head, in: bytes.span) }
        return (origin, refusal, keyError)
    }

    @Test(arguments: [
        "127.0.0.1:5111", "localhost:5111", "LOCALHOST:5111", "[::1]:5111",
        "192.0.2.7:5111",
    ])
    func `loopback names with our port are ours`(host: String) throws {
        #expect(try check("Host: \(host)\r\n").error == nil)
    }

    @Test(arguments: [
        "evil.example", "evil.example:5111", "127.0.0.1", "127.0.0.1:80", "localhost:5112",
        "0.0.0.0:5111", "127.0.0.2:5111", "localhost.evil.example:5111", "[::]:5111",
    ])
    func `any other host is refused`(host: String) throws {
        #expect(try check("Host: \(host)\r\n").error?.status == 403)
        let allowed = try check("Host: \(host)\r\n") {
            $0.allowedHosts = ["EVIL.example", "127.0.0.1"]
        }
        let isAllowed = host.hasPrefix("evil.example") || host.hasPrefix("127.0.0.1")
        #expect((allowed.error == nil) == isAllowed)
    }

    static let host = "Host: localhost:5111\r\n"

    @Test(arguments: [
        "http://localhost:3000", "http://127.0.0.1", "https://localhost", "http://[::1]:8080",
    ])
    func `pages of this machine are answered by name`(origin: String) throws {
        let result = try check(Self.host + "Origin: \(origin)\r\n")
        #expect(result.origin == origin)
        #expect(result.error == nil)
    }

    @Test(arguments: [
        "https://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost.evil",
        "http://localhost@evil.example", "file://localhost", "chrome-extension://abc", "",
        "http://localhost:3000, http://evil.example", "http://localhost:3000/", "HTTP://LOCALHOST",
    ])
    func `any other page is refused`(origin: String) throws {
        #expect(try check(Self.host + "Origin: \(origin)\r\n").error?.status == 403)
    }

    @Test func `an origin that was allowed is allowed whole`() throws {
        func allow(_ origin: String) throws -> Bool {
            try check(Self.host + "Origin: \(origin)\r\n") {
                $0.allowedOrigins = ["https://chat.example"]
            }.error == nil
        }
        #expect(try allow("https://chat.example"))
        #expect(try !allow("https://chat.example.evil"))
        #expect(try !allow("https://chat.example:8443"))
        #expect(try !allow("http://chat.example"))
    }

    @Test func `two origins, and a foreign page that hides its own, are refused`() throws {
        let two = "Origin: http://localhost:1\r\nOrigin: http://localhost:2\r\n"
        #expect(try check(Self.host + two).error?.status == 403)
        #expect(try check(Self.host + "Sec-Fetch-Site: cross-site\r\n").error?.status == 403)
        #expect(try check(Self.host + "Sec-Fetch-Site: same-origin\r\n").error == nil)
        let allowed = "Origin: http://localhost:3000\r\nSec-Fetch-Site: cross-site\r\n"
        #expect(try check(Self.host + allowed).error == nil)
    }

    @Test(arguments: [
        ("", false), ("Authorization: Bearer right\r\n", true),
        ("Authorization: bearer right\r\n", true), ("Authorization: Bearer wrong\r\n", false),
        ("Authorization: Bearer right \r\n", true), ("Authorization: Bearer righ\r\n", false),
        ("Authorization: Bearer rightt\r\n", false), ("Authorization: Basic right\r\n", false),
        ("Authorization: right\r\n", false), ("Authorization: Bearer \r\n", false),
        ("Authorization: Bearer right\r\nAuthorization: Bearer right\r\n", false),
    ])
    func `an inbound key is asked for where one is set`(field: String, isRight: Bool) throws {
        let result = try check(Self.host + field) { $0.inboundKey = AccessKey("right") }
        #expect((result.keyError == nil) == isRight)
        #expect(isRight || result.keyError?.status == 401)
        #expect(try check(Self.host + field).keyError == nil)
    }
}
