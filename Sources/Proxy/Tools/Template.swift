import Bytes

/// A text with slots, as the format files hold it: `{name}` stands for a slot, any other brace for
/// itself.
struct Template: Sendable {
    enum Slot: String, CaseIterable {
        /// All declarations, one a line.
        case tools
        /// A function's name, as a JSON string and as it is.
        case name, function
        /// The arguments of a call: one JSON object, or one after the other as `pair` says.
        case arguments, pairs
        case key, value
        case result
    }

    private enum Segment {
        case literal(String)
        case slot(Slot)
    }

    private let segments: [Segment]

    init(_ text: String) {
        var segments: [Segment] = []
        var literal = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            literal += rest[..<brace]
            rest = rest[brace...]
            let slot = Slot.allCases.first { rest.hasPrefix("{\($0.rawValue)}") }
            guard let slot else {
                literal.append(rest.removeFirst())
                continue
            }
            segments += [.literal(literal), .slot(slot)]
            literal = ""
            rest = rest.dropFirst(slot.rawValue.count + 2)
        }
        self.segments = segments + [.literal(literal + rest)]
    }

    /// Appends the text; `fill` appends what stands in a slot.
    func write(to output: inout Buffer, _ fill: (Slot, inout Buffer) -> Void) {
        for segment in segments {
            switch segment {
            case .literal(let text): output.append(text)
            case .slot(let slot): fill(slot, &output)
            }
        }
    }
}
