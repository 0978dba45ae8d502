public import Glibc

extension Span<UInt8> {
    /// The first byte, nil of an empty span.
    @inlinable public var first: UInt8? { isEmpty ? nil : self[0] }
    @inlinable public var last: UInt8? { isEmpty ? nil : self[count - 1] }

    /// The first offset at or after `start` that holds `byte`.
    @inlinable
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        precondition(start >= 0 && start <= count, "searching from outside")
        return unsafe withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress,
                let hit = unsafe memchr(base + start, CInt(byte), bytes.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(hit) - base
        }
    }

    /// The first offset at or after `start` that holds a line feed or a carriage return.
    ///
    /// Searched window by window: two searches of all that follows would make a text of many short
    /// lines, all ended by the same byte, quadratic.
    public func firstLineEnding(from start: Int = 0) -> Int? {
        let windowByteCount = 256
        var lower = start
        while lower < count {
            let upper = lower + Swift.min(windowByteCount, count - lower)
            let window = extracting(lower..<upper)
            let feed = window.firstIndex(of: .lineFeed)
            let before = window.extracting(0..<(feed ?? window.count))
            if let ending = before.firstIndex(of: .carriageReturn) ?? feed { return lower + ending }
            lower = upper
        }
        return nil
    }

    /// The first offset at or after `start` where `needle` stands; nil for an empty needle.
    public func firstRange(of needle: StaticString, from start: Int = 0) -> Range<Int>? {
        let length = needle.utf8CodeUnitCount
        guard length > 0 else { return nil }
        let head = unsafe needle.utf8Start.pointee
        var from = start
        while let index = firstIndex(of: head, from: from), index + length <= count {
            if extracting(index..<(index + length)).equals(needle) {
                return index..<(index + length)
            }
            from = index + 1
        }
        return nil
    }

    /// Whether both spans hold the same bytes. Not constant in time.
    @inlinable
    public func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe withUnsafeBytes { left in
            unsafe other.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else {
                    return true
                }
                return unsafe memcmp(left, right, other.count) == 0
            }
        }
    }

    @inlinable
    public func equals(_ text: StaticString) -> Bool {
        unsafe equals(Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inlinable
    public func starts(with text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        return count >= length && extracting(0..<length).equals(text)
    }

    /// Whether the bytes are `lowercaseText`, ASCII letters compared without regard to case.
    public func equalsIgnoringCase(_ lowercaseText: StaticString) -> Bool {
        guard count == lowercaseText.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            guard unsafe self[index].lowercased == lowercaseText.utf8Start[index] else {
                return false
            }
        }
        return true
    }

    /// Whether both spans hold the same bytes, in a time that depends on their lengths only.
    public func equalsInConstantTime(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<count { difference |= self[index] ^ other[index] }
        return difference == 0
    }

    /// The range without spaces and tabs at both ends.
    public func trimmed(_ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper, self[lower] == .space || self[lower] == .tab { lower += 1 }
        while lower < upper, self[upper - 1] == .space || self[upper - 1] == .tab { upper -= 1 }
        return lower..<upper
    }

    /// The bytes as text; malformed UTF-8 becomes U+FFFD.
    public var text: String {
        unsafe withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// A copy of the bytes.
    public var array: [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// The bytes as a decimal number of 1 to 18 digits and nothing else. (`Int(_:)` takes signs.)
    public var decimal: Int? {
        guard !isEmpty, count <= 18 else { return nil }
        var value = 0
        for index in 0..<count {
            guard self[index].isDigit else { return nil }
            value = value * 10 + Int(self[index] - 0x30)
        }
        return value
    }
}

extension Span<UInt8> {
    /// The first offset where `needle` stands; nil for an empty needle.
    public func firstIndex(of needle: Span<UInt8>) -> Int? {
        guard let head = needle.first else { return nil }
        var from = 0
        while let index = firstIndex(of: head, from: from), index + needle.count <= count {
            if extracting(index..<(index + needle.count)).equals(needle) { return index }
            from = index + 1
        }
        return nil
    }

    /// How many of the last bytes are the beginning of `needle`, and not all of it.
    public func overlap(with needle: Span<UInt8>) -> Int {
        guard !needle.isEmpty else { return 0 }
        var byteCount = Swift.min(count, needle.count - 1)
        while byteCount > 0 {
            let end = extracting((count - byteCount)..<count)
            if end.equals(needle.extracting(0..<byteCount)) { return byteCount }
            byteCount -= 1
        }
        return 0
    }

    /// How many of the last bytes are the beginning of `needle`, and not all of it.
    public func overlap(with needle: StaticString) -> Int {
        let text = unsafe Span(_unsafeStart: needle.utf8Start, count: needle.utf8CodeUnitCount)
        return overlap(with: text)
    }

    /// Whether the text begins with `marker`; nil where it ends before that is known.
    public func begins(with marker: StaticString) -> Bool? {
        if starts(with: marker) { return true }
        return overlap(with: marker) == count ? nil : false
    }

    /// The first offset at or after `start` of a byte that means something inside a JSON string:
    /// a quote, a backslash, a control character or a part of a longer character; the end where
    /// there is none. Eight bytes at a time.
    @usableFromInline
    func firstStringMark(from start: Int) -> Int {
        var offset = start
        unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            while offset + 8 <= bytes.count {
                let word = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let marks = word.stringMarks
                if marks != 0 {
                    offset += UInt64(littleEndian: marks).trailingZeroBitCount / 8
                    return
                }
                offset += 8
            }
            while offset < bytes.count {
                let byte = unsafe bytes[offset]
                if byte < 0x20 || byte == .quote || byte == .backslash || byte >= 0x80 { return }
                offset += 1
            }
        }
        return offset
    }

    /// How many bytes of white space of JSON the text begins with.
    public var blankCount: Int {
        var index = 0
        while index < count, self[index].isBlank { index += 1 }
        return index
    }

    /// Whether all bytes are white space of JSON.
    public var isBlank: Bool { blankCount == count }

    /// The text without white space of JSON at both ends: where it stands.
    public var withoutBlanks: Range<Int> {
        let start = blankCount
        var end = count
        while end > start, self[end - 1].isBlank { end -= 1 }
        return start..<end
    }
}

extension UInt64 {
    /// The high bit of each of the eight bytes that means something inside a JSON string. Bits of
    /// bytes behind the first such one may be wrong.
    fileprivate var stringMarks: UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = self ^ 0x2222_2222_2222_2222
        let backslashes = self ^ 0x5C5C_5C5C_5C5C_5C5C
        let isControl = (self &- 0x2020_2020_2020_2020) & ~self
        let isQuote = (quotes &- ones) & ~quotes
        let isBackslash = (backslashes &- ones) & ~backslashes
        return (isControl | isQuote | isBackslash | self) & 0x8080_8080_8080_8080
    }
}
