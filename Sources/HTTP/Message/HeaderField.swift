/// Where one field of a head stands, in the span that held the head. Source: RFC 9112, section 5.
public struct HeaderField: Equatable, Sendable {
    public var name: Range<Int>
    /// The value without the white space around it.
    public var value: Range<Int>

    public init(name: Range<Int>, value: Range<Int>) {
        self.name = name
        self.value = value
    }
}
