import Bytes

/// A key that opens something: the provider's API, or this proxy.
///
/// It cannot be shown by accident: interpolation, reflection and `dump` see only that there is one.
/// Its bytes have one owner that wipes them, and leave it only through `write` and `matches`.
public final class AccessKey: Sendable {
    private let bytes: Buffer

    /// A copy of `text` without the white space around it. Whether it can be a key is for
    /// `isUsable` to say.
    public init(_ text: Span<UInt8>) {
        var lower = 0
        var upper = text.count
        while lower < upper, text[lower] <= .space { lower += 1 }
        while lower < upper, text[upper - 1] <= .space { upper -= 1 }
        bytes = Buffer(text.extracting(lower..<upper))
    }

    public var isEmpty: Bool { bytes.isEmpty }

    /// Whether it can travel in a header field: 1 to 4096 visible ASCII characters.
    public var isUsable: Bool { 1...4096 ~= bytes.count && bytes.isVisible }

    /// Appends the key.
    func write(to output: inout Buffer) { bytes.write(to: &output) }

    /// Whether `other` is this key, in a time that does not depend on how much of it is right.
    func matches(_ other: Span<UInt8>) -> Bool { bytes.matches(other) }
}

extension Buffer {
    fileprivate var isVisible: Bool {
        for index in 0..<count where !(0x21...0x7E ~= readable[index]) { return false }
        return true
    }

    fileprivate func write(to output: inout Buffer) { output.append(readable) }

    fileprivate func matches(_ other: Span<UInt8>) -> Bool {
        other.equalsInConstantTime(readable)
    }
}

extension AccessKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(a key)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
