extension [Range<Int>] {
    /// The time that all of them share.
    /// - Throws: `.certificateNotYetValid`, `.certificateExpired` where `now` is outside of one.
    func common(at now: Int) throws(AttestationError) -> Range<Int> {
        var (start, end) = (Int.min, Int.max)
        for range in self {
            guard range.lowerBound <= now else { throw .certificateNotYetValid }
            guard now < range.upperBound else { throw .certificateExpired }
            start = Swift.max(start, range.lowerBound)
            end = Swift.min(end, range.upperBound)
        }
        return start..<end
    }
}
