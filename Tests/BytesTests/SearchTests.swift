import Bytes
import TestSupport
import Testing

@Suite struct SearchTests {
    @Test
    func `the first line ending is found from every start`() {
        var text = [UInt8](repeating: 0x61, count: 1_100)
        for (index, byte) in [(3, 13), (4, 10), (255, 10), (256, 13), (700, 10), (1_099, 13)] {
            text[index] = UInt8(byte)
        }
        for start in 0...text.count {
            let expected = text[start...].firstIndex { $0 == 10 || $0 == 13 }
            let found = text.span.firstLineEnding(from: start)
            #expect(found == expected)
        }
    }

    @Test(
        arguments: [
            ("", 0, nil), ("ab", 0, 0..<2), ("aab", 0, 1..<3), ("aaa", 0, nil), ("abab", 1, 2..<4),
            ("xa", 0, nil), ("ab", 2, nil),
        ] as [(String, Int, Range<Int>?)])
    func `a needle is found`(text: String, start: Int, expected: Range<Int>?) {
        let text = bytes(text)
        let found = text.span.firstRange(of: "ab", from: start)
        #expect(found == expected)
    }

    @Test(
        arguments: [
            ("0", 0), ("007", 7), ("999999999999999999", 999_999_999_999_999_999), ("", nil),
            ("+1", nil),
            ("-0", nil), (" 1", nil), ("1_0", nil), ("0x1", nil), ("1000000000000000000", nil),
            ("18446744073709551616", nil), ("٣", nil),
        ] as [(String, Int?)])
    func `a decimal number has digits and nothing else`(text: String, expected: Int?) {
        let text = bytes(text)
        let number = text.span.decimal
        #expect(number == expected)
    }

    @Test
    func `comparisons look at every byte`() {
        let (a, b, c) = (bytes("Key-1"), bytes("kEY-1"), bytes("key-2"))
        let equal = a.span.equalsIgnoringCase("key-1") && b.span.equalsIgnoringCase("key-1")
        #expect(equal)
        let different = c.span.equalsIgnoringCase("key-1") || a.span.equalsIgnoringCase("key-")
        #expect(!different)
        let constant = a.span.equalsInConstantTime(bytes("Key-1").span)
        #expect(constant)
        for index in 0..<5 {
            var other = a
            other[index] ^= 0x80
            let same = a.span.equalsInConstantTime(other.span) || a.span.equals(other.span)
            #expect(!same)
        }
        // `@` and `` ` `` differ by the bit that tells letters' cases apart, but are no letters.
        let mark = bytes("`").span.equalsIgnoringCase("@")
        #expect(!mark)
    }

    @Test
    func `white space is trimmed from both ends only`() {
        let text = bytes("\t a b \t")
        let trimmed = text.span.trimmed(0..<text.count)
        #expect(trimmed == 2..<5)
        let blank = text.span.trimmed(0..<2)
        #expect(blank.isEmpty)
    }
}
