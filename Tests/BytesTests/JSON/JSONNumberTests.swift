import Bytes
import TestSupport
import Testing

@Suite struct JSONNumberTests {
    private func number(_ text: [UInt8]) -> JSONNumber {
        JSONNumber(JSONValue(kind: .number, range: 0..<text.count), in: text.span)
    }

    private func compare(_ left: String, _ right: String) -> Int {
        let (left, right) = (bytes(left), bytes(right))
        return JSONNumber.compare(number(left), in: left.span, number(right), in: right.span)
    }

    private func hash(_ text: String) -> Int {
        let text = bytes(text)
        var hasher = Hasher()
        number(text).hash(in: text.span, into: &hasher)
        return hasher.finalize()
    }

    @Test(arguments: [
        ["0", "-0", "0.0", "-0.000", "0e5", "0.0E-7"],
        ["1", "1.0", "10e-1", "0.1e1", "1E0", "1e+0", "0.0001e4"],
        ["-120", "-1.2e2", "-12e1", "-120.00", "-0.012e4"],
        ["0.05", "5e-2", "0.5e-1", "0.050"],
        ["9007199254740993", "9007199254740993.0", "9007199254740.993e3"],
        ["1e400", "10e399", "0.1e401"],
        ["123.456", "123456e-3", "0.123456e3", "123456.0e-3"],
    ])
    func `spellings of one number are equal`(spellings: [String]) {
        for left in spellings {
            for right in spellings {
                #expect(compare(left, right) == 0, "\(left) and \(right)")
                #expect(hash(left) == hash(right), "\(left) and \(right)")
            }
        }
    }

    @Test func `numbers are in their order`() {
        let rising = [
            "-1e400", "-9007199254740993", "-9007199254740992", "-12", "-1.5", "-1", "-0.5",
            "-5e-400", "0", "1e-400", "0.05", "0.1", "0.10000000000000000000001", "0.2", "1",
            "1.01", "1.5", "2", "9.99", "10", "12", "100", "9007199254740992",
            "9007199254740993", "18446744073709551615", "18446744073709551616", "1e400",
        ]
        for (index, left) in rising.enumerated() {
            for right in rising[(index + 1)...] {
                #expect(compare(left, right) < 0, "\(left) and \(right)")
                #expect(compare(right, left) > 0, "\(right) and \(left)")
            }
        }
    }

    @Test(arguments: [
        ("0", true), ("-0.0", true), ("1", true), ("1.0", true), ("1.5", false), ("15e-1", false),
        ("150e-1", true), ("1.5e1", true), ("0.1", false), ("-3.00", true), ("1e-1", false),
        ("1e30", true), ("123.4500e2", true), ("123.4500e1", false),
    ])
    func `a whole number is one however it is spelled`(text: String, isWhole: Bool) {
        #expect(number(bytes(text)).isWhole == isWhole)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("7.0", 7), ("70e-1", 7), ("12e3", 12000), ("-1", nil),
            ("0.5", nil), ("999999999999999999", 999_999_999_999_999_999),
            ("1e17", 100_000_000_000_000_000), ("1000000000000000000", .max), ("1e99", .max),
            ("12345678901234567890", .max),
        ] as [(String, Int?)])
    func `counts are whole and not negative`(text: String, count: Int?) {
        let text = bytes(text)
        let read = number(text).count(in: text.span)
        #expect(read == count)
    }

    @Test(
        arguments: [
            ("0", "3", true), ("9", "3", true), ("10", "3", false), ("-9", "3", true),
            ("0.3", "0.1", true), ("0.35", "0.1", false), ("19.99", "0.01", true),
            ("4.5", "1.5", true), ("4.6", "1.5", false), ("1e50", "7", false), ("7e50", "7", true),
            ("1e50", "4096", true), ("1e300", "0.5", true), ("1e11", "4096", false),
            ("1e12", "4096", true),
            ("2", "4", false), ("0.0075", "0.0001", true), ("0.00751", "0.0001", false),
            ("18446744073709551616", "2", true), ("18446744073709551617", "2", false),
            ("123456789012345678", "123456789012345678", true), ("-0.0", "5", true),
            ("1", "0", nil), ("1", "1.0000000000000000001", nil),
        ] as [(String, String, Bool?)])
    func `multiples are told exactly`(text: String, step: String, isMultiple: Bool?) {
        let (text, step) = (bytes(text), bytes(step))
        let told = number(text).isMultiple(in: text.span, of: number(step), in: step.span)
        #expect(told == isMultiple)
    }

    @Test func `an exponent beyond all bounds is the largest`() {
        #expect(compare("1e99999999999999999999999", "1e999999999999") > 0)
        #expect(compare("1e-99999999999999999999999", "1e-999999999999") < 0)
        #expect(compare("1e-99999999999999999999999", "0") > 0)
        #expect(number(bytes("1e99999999999999999999999")).isWhole)
    }

    @Test func `a number is read where it stands`() {
        let text = bytes("[12,-3.50]")
        let value = JSONNumber(JSONValue(kind: .number, range: 4..<9), in: text.span)
        let other = bytes("-35e-1")
        let order = JSONNumber.compare(value, in: text.span, number(other), in: other.span)
        #expect(order == 0)
    }
}
