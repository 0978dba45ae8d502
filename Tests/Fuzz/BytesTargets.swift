import Bytes

enum BytesTargets {
    /// A text that is accepted is walked to its end, and every string in it survives being written
    /// and read again.
    static func json(_ input: [UInt8]) {
        do throws(JSONError) { try JSONDocument.check(input.span) } catch { return }
        guard let root = JSONDocument.root(of: input.span) else {
            preconditionFailure("a checked text without a value")
        }
        visit(root, in: input)
    }

    private static func visit(_ value: JSONValue, in input: [UInt8]) {
        switch value.kind {
        case .string: roundTrip(value, in: input)
        case .array: value.forEachElement(in: input.span) { visit($0, in: input) }
        case .object:
            value.forEachMember(in: input.span) { key, member in
                roundTrip(key, in: input)
                visit(member, in: input)
            }
        case .number, .bool, .null: return
        }
    }

    private static func roundTrip(_ value: JSONValue, in input: [UInt8]) {
        var text = Buffer()
        JSONString.decode(value, in: input.span, to: &text)
        precondition(UTF8Sequence.isWellFormed(text.readable), "a string that is not UTF-8")
        var written = Buffer()
        written.append(jsonString: text.readable)
        var again = Buffer()
        guard let second = JSONDocument.root(of: written.readable) else {
            preconditionFailure("a written string that is not JSON")
        }
        JSONString.decode(second, in: written.readable, to: &again)
        precondition(again.readable.equals(text.readable), "a string that changed")
    }

    /// A canonical text is JSON, is its own canonical form.
    static func jcs(_ input: [UInt8]) {
        guard (try? JSONDocument.check(input.span)) != nil,
            let first = canonical(input)
        else { return }
        guard (try? JSONDocument.check(first.span)) != nil else {
            preconditionFailure("a canonical text that is no JSON")
        }
        precondition(canonical(first) == first, "a canonical text that is not its own form")
    }

    private static func canonical(_ json: [UInt8]) -> [UInt8]? {
        guard let root = JSONDocument.root(of: json.span) else { return nil }
        var output = Buffer()
        do throws(JCS.Failure) {
            try JCS.append(root, in: json.span, to: &output)
        } catch {
            return nil
        }
        return output.readable.array
    }

    /// What decodes encodes to the same text, but for its padding and alphabet.
    static func base64(_ input: [UInt8]) {
        var bytes = Buffer()
        guard (try? Base64.decode(input.span, to: &bytes)) != nil else { return }
        var text = Buffer()
        Base64.encode(bytes.readable, to: &text)
        func plain(_ text: [UInt8]) -> [UInt8] {
            text.filter { $0 != 0x3D }.map { $0 == 0x2D ? 0x2B : $0 == 0x5F ? 0x2F : $0 }
        }
        precondition(plain(text.readable.array) == plain(input), "base64 that changed")
    }

    static func hex(_ input: [UInt8]) {
        guard let bytes = Hex.bytes(input.span) else { return }
        precondition(Hex.string(bytes.span).utf8.elementsEqual(input.map(\.lowercased)))
    }
}
