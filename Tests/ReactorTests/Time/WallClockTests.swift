import Testing

@testable import Reactor

@Suite struct `The wall clock` {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (1_709_251_199, "2024-02-29T23:59:59Z"), (1_795_536_000, "2026-11-24T16:00:00Z"),
        (4_102_444_800, "2100-01-01T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
    ])
    func `dates are written as RFC 3339 has them`(seconds: Int, text: String) {
        #expect(WallClock(seconds: seconds).description == text)
    }
}
