import Bytes

extension SchemaReader {
    /// The entry that a reference of this document is to.
    mutating func target(
        of source: Int, in schema: Span<UInt8>
    ) throws(SchemaError) -> Int {
        var reference = Buffer()
        JSONString.decode(program.index.entries[source].value, in: schema, to: &reference)
        guard reference.readable.first == .ascii("#") else { throw .externalReference }
        reference.consume(1)
        var fragment = Buffer()
        guard Self.decodePercent(reference.readable, to: &fragment) else {
            throw .unresolvedReference
        }
        let pointer = fragment.readable
        guard !pointer.isEmpty else { return 0 }
        guard pointer[0] == .slash else { return try anchored(pointer, in: schema) }
        var entry = 0
        var start = 1
        while start <= pointer.count {
            let end = pointer.firstIndex(of: .slash, from: start) ?? pointer.count
            entry = try child(of: entry, at: pointer.extracting(start..<end), in: schema)
            start = end + 1
        }
        return entry
    }

    private static func decodePercent(_ bytes: Span<UInt8>, to output: inout Buffer) -> Bool {
        var index = 0
        while index < bytes.count {
            if bytes[index] == .ascii("%") {
                guard index + 2 < bytes.count, let high = bytes[index + 1].hexDigitValue,
                    let low = bytes[index + 2].hexDigitValue
                else { return false }
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return true
    }

    /// What a container holds by the name or the number that a step of a JSON pointer spells.
    private mutating func child(
        of container: Int, at step: Span<UInt8>, in schema: Span<UInt8>
    ) throws(SchemaError) -> Int {
        if kind(container) == .array {
            guard let position = step.decimal, step.count == 1 || step[0] != 0x30 else {
                throw .unresolvedReference
            }
            var passed = 0
            for element in program.index.contents(of: container) {
                try spend()
                if passed == position { return element }
                passed += 1
            }
            throw .unresolvedReference
        }
        guard kind(container) == .object else { throw .unresolvedReference }
        var name = Buffer()
        var index = 0
        while index < step.count {
            guard step[index] == .ascii("~") else {
                name.append(step[index])
                index += 1
                continue
            }
            guard index + 1 < step.count, let mark = Self.pointerEscape(step[index + 1]) else {
                throw .unresolvedReference
            }
            name.append(mark)
            index += 2
        }
        let hash = UInt32(truncatingIfNeeded: JSONString.hash(name.readable))
        for value in program.index.contents(of: container) {
            try spend()
            guard program.index.entries[value - 1].hash == hash,
                says(value - 1, name.readable, in: schema)
            else { continue }
            return value
        }
        throw .unresolvedReference
    }

    private static func pointerEscape(_ digit: UInt8) -> UInt8? {
        switch digit {
        case .ascii("0"): .ascii("~")
        case .ascii("1"): .slash
        default: nil
        }
    }

    /// The one object of the document whose `$anchor` is `name`.
    private mutating func anchored(
        _ name: Span<UInt8>, in schema: Span<UInt8>
    ) throws(SchemaError) -> Int {
        var target: Int?
        for object in program.index.entries.indices where kind(object) == .object {
            for value in program.index.contents(of: object) {
                try spend()
                guard
                    JSONString.matches(
                        program.index.entries[value - 1].value, "$anchor", in: schema),
                    kind(value) == .string, says(value, name, in: schema)
                else { continue }
                guard target == nil else { throw .unresolvedReference }
                target = object
            }
        }
        guard let target else { throw .unresolvedReference }
        return target
    }

    /// Whether the string at `entry` says `text`.
    private func says(_ entry: Int, _ text: Span<UInt8>, in schema: Span<UInt8>) -> Bool {
        let value = program.index.entries[entry].value
        var said = Buffer()
        JSONString.decode(value, in: schema, to: &said)
        return said.readable.equals(text)
    }
}
