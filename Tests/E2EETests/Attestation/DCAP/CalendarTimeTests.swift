import Foundation
import Testing

@testable import E2EE

@Suite struct CalendarTimeTests {
    private static func rfc3339(_ text: String) -> Int? {
        CalendarTime.seconds(rfc3339: text.utf8Span.span)
    }

    private static func der(_ text: String) -> Int? {
        CalendarTime.seconds(der: text.utf8Span.span)
    }

    @Test func `every day of a long time is where the calendar has it`() throws {
        let formatter = ISO8601DateFormatter()
        for seconds in stride(from: -2_000_000_000, to: 8_000_000_000, by: 86_399 * 3) {
            let text = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(Self.rfc3339(text) == seconds, "\(text)")
            let digits = text.filter(\.isNumber)
            #expect(Self.der(digits + "Z") == seconds)
            guard 1950..<2050 ~= Int(digits.prefix(4))! else { continue }
            #expect(Self.der(digits.dropFirst(2) + "Z") == seconds)
        }
        #expect(Self.der("99991231235959Z") == 253_402_300_799)
    }

    @Test(arguments: [
        "", "2026-08-13", "2026-08-13T10:45:38", "2026-08-13T10:45:38+00:00", "2026-8-13T10:45:38Z",
        "2026-08-13 10:45:38Z", "2026-08-13t10:45:38Z", "2026-08-13T10:45:38z",
        "2026-00-13T10:45:38Z", "2026-13-13T10:45:38Z", "2026-02-29T10:45:38Z",
        "2026-04-31T10:45:38Z", "2026-08-00T10:45:38Z", "2026-08-32T10:45:38Z",
        "2026-08-13T24:00:00Z", "2026-08-13T10:60:38Z", "2026-08-13T10:45:60Z",
        "1899-08-13T10:45:38Z", "+026-08-13T10:45:38Z", "2026-08-13T10:45:38.0Z",
        "2026/08/13T10:45:38Z",
    ])
    func `other spellings are no time`(text: String) {
        #expect(Self.rfc3339(text) == nil)
    }

    @Test(arguments: [
        "", "Z", "260813104538", "2608131045Z", "260813104538+0000Z", "26081310453Z",
        "260230104538Z", "20260813104538", "20260813104538.5Z", "-60813104538Z", "26081310453 Z",
    ])
    func `certificates spell it in two ways only`(text: String) {
        #expect(Self.der(text) == nil)
    }
}
