import Glibc

/// A point in the calendar, for people and logs.
public struct WallClock: Sendable, CustomStringConvertible {
    /// Since 1970, leap seconds not counted.
    public let seconds: Int

    public init(seconds: Int) { self.seconds = seconds }

    public static func now() -> WallClock { WallClock(seconds: time(nil)) }

    /// As in RFC 3339, in UTC: `2026-11-24T16:00:00Z`.
    public var description: String {
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = Self.date(daysSince1970: days)
        let time = [rest / 3600, rest / 60 % 60, rest % 60].map(Self.twoDigits)
        return "\(date.year)-\(Self.twoDigits(date.month))-\(Self.twoDigits(date.day))"
            + "T\(time[0]):\(time[1]):\(time[2])Z"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    /// The Gregorian date; years are counted from March, so that a leap day is a year's last.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * march + 2) / 5 + 1)
    }
}
