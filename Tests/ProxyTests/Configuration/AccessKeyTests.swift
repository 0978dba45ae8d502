import Bytes
import Testing

@testable import Proxy

@Suite struct `Access keys` {
    private static let marker = "sk-marker-7f3a"

    @Test func `nothing that prints a value prints a key`() throws {
        let key = AccessKey(Self.marker)
        var configuration = Configuration(
            upstream: try UpstreamURL("https://127.0.0.1:1"), apiKey: key)
        configuration.inboundKey = key
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(ProviderAPI(configuration), to: &dumped)
        dump(key, to: &dumped)
        let texts = [
            "\(key)", String(reflecting: key), "\(configuration)", dumped,
            String(reflecting: configuration), String(reflecting: Mirror(reflecting: key)),
        ]
        for text in texts { #expect(!text.contains(Self.marker)) }
        #expect(dumped.contains("(a key)"))
    }

    @Test func `white space around a key is not part of it`() {
        var output = Buffer()
        AccessKey("\n \(Self.marker)\r\n").write(to: &output)
        #expect(output.readable.text == Self.marker)
    }

    @Test(arguments: ["", " ", "two words", "ümlaut", String(repeating: "k", count: 4097)])
    func `what cannot travel in a header field is no key`(text: String) {
        #expect(!AccessKey(text).isUsable)
        #expect(AccessKey(String(repeating: "k", count: 4096)).isUsable)
    }

    @Test func `only the whole key matches`() {
        let key = AccessKey(Self.marker)
        for other in ["", "sk", Self.marker + "x", "x" + Self.marker.dropFirst()] {
            let isSame = key.matches(other.utf8Span.span)
            #expect(!isSame)
        }
        let isSame = key.matches(Self.marker.utf8Span.span)
        #expect(isSame)
    }
}
