import Bytes

/// One walk of a pattern over a text.
struct PatternWalk {
    /// Where a walk stands in a text.
    private struct Place {
        var isStart: Bool
        var isEnd: Bool
    }

    private let start: Int
    private let end: Int
    /// The instructions that wait for the next scalar.
    private var waiting: [Int] = []
    private var upcoming: [Int] = []
    /// The instructions to be looked at.
    private var open: [Int] = []
    /// The round in which an instruction was last reached.
    private var reached: [Int]
    private var round = 0

    init(_ pattern: Pattern) {
        start = pattern.code.lowerBound
        end = pattern.code.upperBound
        reached = [Int](repeating: 0, count: pattern.code.count)
    }

    /// Whether the pattern matches anywhere in `text`.
    /// - `pattern`: the pattern's own text.
    /// - Cost: a step for every instruction that is reached at every scalar.
    mutating func matches(
        _ text: Span<UInt8>, _ pattern: Span<UInt8>, _ code: [PatternInstruction],
        budget: inout WorkBudget
    ) throws(JudgementStop) -> Bool {
        try budget.spend(4 + reached.count / 16)
        // A pattern that matches no text in the middle of another matches everywhere.
        let inside = Place(isStart: false, isEnd: false)
        if try follow(start, at: inside, code, &budget) { return true }
        let canBeginInside = !upcoming.isEmpty
        upcoming.removeAll(keepingCapacity: true)
        round += 1
        var offset = 0
        while true {
            let place = Place(isStart: offset == 0, isEnd: offset == text.count)
            if canBeginInside || place.isStart || place.isEnd {
                if try follow(start, at: place, code, &budget) { return true }
            }
            if place.isEnd { return false }
            swap(&waiting, &upcoming)
            upcoming.removeAll(keepingCapacity: true)
            guard !waiting.isEmpty || canBeginInside else {
                // Nothing can happen before the end.
                offset = text.count
                round += 1
                continue
            }
            let scalar = Scalars.next(in: text, at: &offset)
            round += 1
            let next = Place(isStart: false, isEnd: offset == text.count)
            for instruction in waiting {
                guard case .scalar(let range) = code[instruction] else { continue }
                try budget.spend(1 + range.count / 8)
                guard PatternScalar.matches(scalar, at: range.lowerBound, in: pattern) else {
                    continue
                }
                if try follow(instruction + 1, at: next, code, &budget) { return true }
            }
        }
    }

    /// Goes all ways from `instruction` that take no scalar; true at the pattern's end.
    private mutating func follow(
        _ instruction: Int, at place: Place, _ code: [PatternInstruction],
        _ budget: inout WorkBudget
    ) throws(JudgementStop) -> Bool {
        open.append(instruction)
        while let next = open.popLast() {
            guard next < end else { return true }
            guard reached[next - start] != round + 1 else { continue }
            reached[next - start] = round + 1
            try budget.spend()
            switch code[next] {
            case .scalar: upcoming.append(next)
            case .jump(let way): open.append(next + way)
            case .fork(let one, let other):
                open.append(next + one)
                open.append(next + other)
            case .textStart: if place.isStart { open.append(next + 1) }
            case .textEnd: if place.isEnd { open.append(next + 1) }
            }
        }
        return false
    }
}
