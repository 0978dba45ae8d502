import Bytes
import HTTP
import TestSupport
import Testing

@Suite struct EventParserTests {
    private struct Reading: Equatable {
        var events: [String] = []
        var error: HTTPError?
        var unread: [UInt8] = []
        var endsDone = false

        init(_ deliveries: [[UInt8]], eventByteCountMax: Int = 1_000) {
            var parser = EventParser(eventByteCountMax: eventByteCountMax)
            var inbox = Buffer()
            var joined = Buffer()
            do throws(HTTPError) {
                for piece in deliveries {
                    inbox.append(piece.span)
                    reading: while true {
                        let (token, byteCount) = try parser.next(
                            in: inbox.readable, joined: &joined)
                        switch token {
                        case .needsMore: break
                        case .data(let range):
                            events.append(inbox.readable.extracting(range).text)
                        case .joined: events.append("joined " + joined.readable.text)
                        }
                        inbox.consume(byteCount)
                        if token == .needsMore { break reading }
                    }
                }
                endsDone = parser.end(in: inbox.readable)
            } catch {
                self.error = error
                do throws(HTTPError) {
                    _ = try parser.next(in: inbox.readable, joined: &joined)
                    events.append("read on after an error")
                } catch let again {
                    if again != error { events.append("another error the second time") }
                }
            }
            if error == nil { unread = inbox.readable.array }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var events: [String]
        init(_ text: String, _ events: [String]) { (self.text, self.events) = (text, events) }
        var testDescription: String { text.debugDescription }
    }

    static let cases: [Case] = [
        Case("data: {\"a\":1}\n\ndata: [DONE]\n\n", ["{\"a\":1}", "[DONE]"]),
        Case("data:x\n\n", ["x"]),
        Case("data:  x \n\n", [" x "]),
        Case("data:\tx\n\n", ["\tx"]),
        Case("data:\n\n", [""]),
        Case("data\n\n", [""]),
        Case("data: \n\n", [""]),
        Case("data::\n\n", [":"]),
        Case("data\ndata\n\n", ["joined \n"]),
        Case("data: a\ndata: b\ndata:\ndata:  c\n\n", ["joined a\nb\n\n c"]),
        Case("data: a\n: comment\nevent: x\ndata: b\n\n", ["joined a\nb"]),
        Case("event: ping\n\n\n\nid: 1\n\n", []),
        Case(": keep-alive\n\n:\n\n:data: x\n\n", []),
        Case("event: x\nid: 1\nretry: 5\ndata: a\nid\nretry: x\nunknown: y\nevent\n\n", ["a"]),
        Case("id: a\0b\ndata: x\n\n", ["x"]),
        Case("data: a\0b\n\n", ["a\0b"]),
        Case("Data: x\nDATA: y\ndata : z\n data: w\ndatas: v\ndat: u\n\n", []),
        Case("\u{FEFF}data: x\n\n", ["x"]),
        Case("\u{FEFF}\u{FEFF}data: x\n\n", []),
        Case("data: x\n\n\u{FEFF}data: y\n\n", ["x"]),
        Case("\u{FEFF}: x\n\ndata: y\n\n", ["y"]),
        Case("data: grüße 🦔\n\n", ["grüße 🦔"]),
        Case("data: x\n\ndata: y\n", ["x"]),
        Case("data: x\n\ndata: y", ["x"]),
        Case("\n\n\n", []),
        Case("", []),
    ]

    @Test(arguments: cases)
    func `events are read the same with every line ending and however they arrive`(example: Case) {
        for ending in ["\n", "\r", "\r\n"] {
            let text = example.text.replacing("\n", with: ending)
            let events = example.events
            for delivery in everyDelivery(of: bytes(text)) {
                let reading = Reading(delivery)
                #expect(reading.events == events, "\(text.debugDescription)")
                #expect(reading.error == nil)
            }
        }
    }

    @Test
    func `line endings may be mixed`() {
        let text = bytes("data: a\r\n\rdata: b\n\r\ndata: c\r\ndata: d\r\r\ndata: e\n\n")
        for delivery in everyDelivery(of: text) {
            #expect(Reading(delivery).events == ["a", "b", "joined c\nd", "e"])
        }
    }

    @Test
    func `a character that is cut by a read is put together`() {
        let text = bytes("data: 🦔\n\n")
        for delivery in everyDelivery(of: text) {
            #expect(Reading(delivery).events == ["🦔"])
        }
    }

    @Test
    func `what is ignored is used up early and an event only when it is answered`() {
        #expect(Reading([bytes(": comment\nevent: x\n")]).unread.isEmpty)
        #expect(Reading([bytes(": comment\nevent: x\n: y")]).unread == bytes(": y"))
        #expect(Reading([bytes(": comment\ndata: x\n")]).unread == bytes("data: x\n"))
    }

    @Test(arguments: [
        ("data: [DONE]", true), ("data:[DONE]", true), ("data: [DONE]\n", true),
        ("data: [DONE]\r", true), ("data: [DONE]\r\n", true), ("event: x\ndata: [DONE]", true),
        ("data: x\n\ndata: [DONE]", true), ("data: x\r\n\r\ndata: [DONE]", true),
        ("data: x\ndata: [DONE]", false), ("data: [DONE] ", false), ("data:  [DONE]", false),
        ("data: [DONE", false), ("data: [DONE]\n\n", false), ("[DONE]", false), ("", false),
        ("data: {}", false), ("data: [DONE]\ndata: x", false), ("data: [done]", false),
    ])
    func `an end without an empty line is accepted of DONE alone`(text: String, isDone: Bool) {
        for delivery in everyDelivery(of: bytes(text)) {
            #expect(Reading(delivery).endsDone == isDone)
        }
    }

    @Test(arguments: [
        "data: 3456789", "data: 345678\n\n", ": 23456789\n\n", "data: x\n: y\n\n",
        "data:\ndata:\n\n", "event: 78901",
    ])
    func `a line or event beyond the limit is refused`(text: String) {
        for delivery in everyDelivery(of: bytes(text)) {
            let reading = Reading(delivery, eventByteCountMax: 10)
            #expect(reading.error == .eventTooLarge(limit: 10))
            #expect(reading.events.isEmpty)
        }
    }

    @Test(arguments: [
        "data: 78\n\n", ": 2345678\n\n", "data\ndata\n", ": 2345678\n: 2345678\ndata: 78\n\n",
    ])
    func `a line or event within the limit is read`(text: String) {
        for delivery in everyDelivery(of: bytes(text)) {
            #expect(Reading(delivery, eventByteCountMax: 10).error == nil)
        }
    }

    @Test
    func `a long line that arrives in small pieces costs no more than its length`() {
        let text = bytes("data: " + String(repeating: "x", count: 4 << 20))
        let started = ContinuousClock.now
        let reading = Reading(pieces(of: text, size: 64), eventByteCountMax: 1 << 22)
        #expect(reading.error == .eventTooLarge(limit: 1 << 22))
        #expect(ContinuousClock.now - started < .seconds(5))
    }

    @Test
    func `noise never traps, and reads the same however it arrives`() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = bytes("data: \r\n\r\n\r\nid:[DONE]") + [0xEF, 0xBB, 0xBF, 0]
        for _ in 0..<2_000 {
            var text: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<80, using: &generator) {
                if Bool.random(using: &generator) { text += bytes("data") }
                text.append(alphabet.randomElement(using: &generator) ?? 0)
            }
            let whole = Reading([text], eventByteCountMax: 60)
            let single = Reading(pieces(of: text, size: 1), eventByteCountMax: 60)
            #expect(whole == single, "\(text)")
        }
    }
}
