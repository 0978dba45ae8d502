import Bytes

/// The first thing that is wrong with a value: ranges, no text.
struct SchemaFault: Equatable, Sendable {
    /// A step from a container to what it holds.
    enum Step: Equatable, Sendable {
        /// The member whose name, quotes included, stands here.
        case member(Range<Int>)
        case element(Int)
    }

    let keyword: SchemaKeyword
    /// Where the value at fault stands in its text: a member's value, an element, or for
    /// `propertyNames` the name itself.
    let value: Range<Int>
    /// What the keyword says, in the schema's text; for a missing member its name there.
    let rule: Range<Int>
    /// The way to the value, from the one that was judged.
    let path: [Step]

    /// Appends the way to the value as a JSON pointer: nothing for the whole value, else `/` and a
    /// name or a number for every step. Source: RFC 6901.
    /// - `bytes`: the text the value was judged in.
    func writePointer(in bytes: Span<UInt8>, to output: inout Buffer) {
        for step in path {
            output.append(.slash)
            switch step {
            case .element(let position): output.append(decimal: position)
            case .member(let name):
                var text = Buffer()
                JSONString.decode(JSONValue(kind: .string, range: name), in: bytes, to: &text)
                let letters = text.readable
                for index in 0..<letters.count {
                    switch letters[index] {
                    case .ascii("~"): output.append("~0")
                    case .slash: output.append("~1")
                    default: output.append(letters[index])
                    }
                }
            }
        }
    }
}
