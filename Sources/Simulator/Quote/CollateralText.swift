import Bytes
import Reactor

// How collateral spells bytes and times.

extension [UInt8] {
    var upperHex: String { Hex.string(span).uppercased() }
}

extension Range<Int> {
    var dates: String {
        let (issued, next) = (WallClock(seconds: lowerBound), WallClock(seconds: upperBound))
        return #""issueDate":"\#(issued)","nextUpdate":"\#(next)""#
    }
}
