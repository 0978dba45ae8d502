import Bytes
import TestSupport
import Testing

@Suite struct JSONCursorTests {
    @Test
    func `members are walked and the others passed over`() throws {
        let text = bytes(
            " { \"skip\" : [1,{\"x\":[]}] , \"model\":\"m\\u00e4\", \"list\":[true, 2 ,\"s\"]} ")
        var cursor = JSONCursor()
        var seen: [String] = []
        try cursor.beginObject(in: text.span)
        while let key = try cursor.nextKey(in: text.span) {
            let name = JSONString.text(key, in: text.span)
            guard name == "list" else {
                let value = try cursor.value(in: text.span)
                seen.append("\(name)=\(text.span.extracting(value.range).text)")
                continue
            }
            try cursor.beginArray(in: text.span)
            while try cursor.nextElement(in: text.span) {
                let value = try cursor.value(in: text.span)
                seen.append("\(value.kind) \(text.span.extracting(value.range).text)")
            }
        }
        try cursor.end(in: text.span)
        #expect(
            seen == [
                "skip=[1,{\"x\":[]}]", "model=\"m\\u00e4\"", "bool(true) true", "number 2",
                "string \"s\"",
            ])
    }

    @Test
    func `a nested value is passed over with every level's own kind`() throws {
        for depth in [1, 63, 64, 65, 127, 128] {
            let open = (0..<depth).map { $0 % 3 == 0 ? "{\"a\":" : "[" }
            let close = (0..<depth).map { $0 % 3 == 0 ? "}" : "]" }.reversed()
            let text = bytes(open.joined() + "0" + close.joined() + "x")
            var cursor = JSONCursor()
            let value = try cursor.value(in: text.span)
            #expect(value.range == 0..<(text.count - 1))
            var mixed = text
            mixed[mixed.count - 2] = mixed[mixed.count - 2] == 0x7D ? 0x5D : 0x7D
            var other = JSONCursor()
            #expect(throws: JSONError.self) { try other.value(in: mixed.span) }
        }
    }

    @Test
    func `a key is matched however it is escaped`() throws {
        for spelling in ["model", "\\u006dodel", "mo\\u0064el"] {
            let text = bytes("{\"\(spelling)\":1}")
            var cursor = JSONCursor()
            try cursor.beginObject(in: text.span)
            guard let key = try cursor.nextKey(in: text.span) else {
                Issue.record("no key in \(spelling)")
                continue
            }
            let whole = JSONString.matches(key, "model", in: text.span)
            let part = JSONString.matches(key, "mode", in: text.span)
            #expect(whole && !part)
        }
    }
}
