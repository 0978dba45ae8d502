import Bytes
import Foundation
import TestSupport
import Testing

@testable import Proxy

/// What models write as calls, well and badly, and what becomes of it when it streams.
@Suite struct `The corpus of calls` {
    struct Case: Decodable, CustomTestStringConvertible {
        let name: String
        let family: String
        let text: String
        let finish: String
        let content: String
        let calls: [ChoiceUnderTest.Call]
        let malformed: Bool

        var testDescription: String { name }
    }

    private struct Corpus: Decodable { let cases: [Case] }

    private static let file: Data = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return (try? Data(contentsOf: folder.appending(path: "Corpus/calls.json"))) ?? Data()
    }()

    static let cases = (try? JSONDecoder().decode(Corpus.self, from: file))?.cases ?? []

    /// The declarations, as a member of a request.
    static let tools: String = {
        let root = (try? JSONSerialization.jsonObject(with: file)) as? [String: Any]
        let tools = try? JSONSerialization.data(withJSONObject: root?["tools"] ?? [])
        return #""tools":"# + String(decoding: tools ?? Data(), as: UTF8.self)
    }()

    @Test func `there are enough of them`() {
        #expect(Self.cases.filter(\.malformed).count >= 100)
        #expect(Self.cases.count(where: { !$0.calls.isEmpty }) >= 40)
        #expect(Set(Self.cases.map(\.name)).count == Self.cases.count)
    }

    private func check(_ one: Case, _ pieces: [[UInt8]]) throws {
        var test = try ChoiceUnderTest(Self.tools, model: "e2ee-\(one.family)")
        for piece in pieces { test.say(piece.span) }
        try test.finish(one.finish == "length" ? .length : .stop)
        let heard = try test.heard
        let place: Comment = "\(one.name), \(pieces.count) pieces"
        #expect(heard.calls == one.calls, place)
        // Foundation's reader takes a byte order mark out of strings.
        #expect(
            heard.content.replacing("\u{FEFF}", with: "")
                == one.content.replacing("\u{FEFF}", with: ""), place)
        let isBad = test.choice.fault != nil && test.choice.fault != .openCall
        #expect(isBad == (one.malformed && one.finish == "stop"), place)
        let isCalled = one.finish == "stop" && !one.calls.isEmpty
        #expect(heard.finish == (isCalled ? "tool_calls" : one.finish), place)
        #expect(Set(heard.ids).count == one.calls.count, place)
    }

    @Test(arguments: cases)
    func `is read the same whole, byte by byte and cut anywhere`(one: Case) throws {
        let text = Array(one.text.utf8)
        try check(one, [text])
        try check(one, text.map { [$0] })
        for size in [2, 3, 7, 64, 1000] {
            try check(one, pieces(of: text, size: size).map(Array.init))
        }
        guard text.count < 120 else { return }
        for cut in text.indices {
            try check(one, [Array(text[..<cut]), Array(text[cut...])])
        }
    }
}
