import Bytes

/// Points in time as certificates and collateral spell them, always in UTC, as Unix seconds.
enum CalendarTime {
    /// `2026-08-13T10:45:38Z` and no other form. Source: RFC 3339.
    static func seconds(rfc3339 text: Span<UInt8>) -> Int? {
        guard text.count == 20, text[4] == .ascii("-"), text[7] == .ascii("-"),
            text[10] == .ascii("T"), text[13] == .colon, text[16] == .colon,
            text[19] == .ascii("Z")
        else { return nil }
        let fields = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19]
        return seconds(fields.map { text.extracting($0).decimal })
    }

    /// `YYMMDDHHMMSSZ` or, with four digits of the year, what follows 2049. Source: RFC 5280,
    /// section 4.1.2.5.
    static func seconds(der text: Span<UInt8>) -> Int? {
        guard text.count == 13 || text.count == 15, text.last == .ascii("Z") else { return nil }
        let yearEnd = text.count - 11
        var fields = [text.extracting(0..<yearEnd).decimal]
        for start in stride(from: yearEnd, to: yearEnd + 10, by: 2) {
            fields.append(text.extracting(start..<(start + 2)).decimal)
        }
        if text.count == 13, let year = fields[0] { fields[0] = year + (year < 50 ? 2000 : 1900) }
        return seconds(fields)
    }

    /// - `fields`: year, month, day, hour, minute, second.
    private static func seconds(_ fields: [Int?]) -> Int? {
        let numbers = fields.compactMap { $0 }
        guard numbers.count == 6, 1900...9999 ~= numbers[0], 1...12 ~= numbers[1],
            1...dayCount(ofMonth: numbers[1], in: numbers[0]) ~= numbers[2],
            0..<24 ~= numbers[3], 0..<60 ~= numbers[4], 0..<60 ~= numbers[5]
        else { return nil }
        let days = daysSince1970(year: numbers[0], month: numbers[1], day: numbers[2])
        return ((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5]
    }

    private static func dayCount(ofMonth month: Int, in year: Int) -> Int {
        let isLeap = year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year % 400 == 0
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Years are counted from March, so that a leap day is a year's last.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let march = (month + 9) % 12
        let years = year - (month <= 2 ? 1 : 0)
        let leapDays = years / 4 - years / 100 + years / 400
        return years * 365 + leapDays + (march * 153 + 2) / 5 + day - 1 - 719_468
    }
}
