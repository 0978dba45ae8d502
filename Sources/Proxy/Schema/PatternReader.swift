import Bytes

/// Reads a pattern into instructions.
struct PatternReader {
    /// The pattern is not in the language, or takes too many instructions.
    private struct Refusal: Error {}

    private struct Count {
        var least: Int
        /// Nil for as many as there are.
        var greatest: Int?
    }

    private let instructionCountMax: Int
    private var code: [PatternInstruction] = []
    private var offset = 0
    private var depth = 0

    private init(instructionCountMax: Int) {
        self.instructionCountMax = instructionCountMax
    }

    /// The instructions of `pattern`; nil for one that is not matched, or takes more than `limit`.
    static func read(_ pattern: Span<UInt8>, atMost limit: Int) -> [PatternInstruction]? {
        var reader = PatternReader(instructionCountMax: limit)
        do throws(Refusal) { try reader.readAlternatives(in: pattern) } catch { return nil }
        return reader.offset == pattern.count ? reader.code : nil
    }

    private mutating func append(_ instruction: PatternInstruction) throws(Refusal) {
        try insert(instruction, at: code.count)
    }

    /// Puts an instruction before those that were read from `index` on; no way leads out of them.
    private mutating func insert(
        _ instruction: PatternInstruction, at index: Int
    ) throws(Refusal) {
        guard code.count < instructionCountMax else { throw Refusal() }
        code.insert(instruction, at: index)
    }

    /// `a|b|c`, up to a closing bracket or the end.
    private mutating func readAlternatives(in pattern: Span<UInt8>) throws(Refusal) {
        depth += 1
        guard depth <= Pattern.groupDepthMax + 1 else { throw Refusal() }
        /// The jumps from each alternative's end to the end of all.
        var jumps: [Int] = []
        while true {
            let start = code.count
            while let byte = peek(in: pattern), byte != .ascii("|"), byte != .ascii(")") {
                try readPiece(in: pattern)
            }
            guard peek(in: pattern) == .ascii("|") else { break }
            offset += 1
            try insert(.fork(1, code.count - start + 2), at: start)
            jumps.append(code.count)
            try append(.jump(0))
        }
        for jump in jumps { code[jump] = .jump(code.count - jump) }
        depth -= 1
    }

    /// What matches something, and how often.
    private mutating func readPiece(in pattern: Span<UInt8>) throws(Refusal) {
        let start = code.count
        switch pattern[offset] {
        case .ascii("^"):
            offset += 1
            return try append(.textStart)
        case .ascii("$"):
            offset += 1
            return try append(.textEnd)
        case .ascii("*"), .ascii("+"), .ascii("?"):
            throw Refusal()
        case .ascii("("):
            try readGroup(in: pattern)
        case .ascii("{") where count(in: pattern) != nil:
            throw Refusal()
        default:
            guard let end = PatternScalar.end(at: offset, in: pattern) else { throw Refusal() }
            try append(.scalar(offset..<end))
            offset = end
        }
        guard let count = readCount(in: pattern) else { return }
        if peek(in: pattern) == .ascii("?") { offset += 1 }
        try `repeat`(from: start, count)
    }

    private mutating func readGroup(in pattern: Span<UInt8>) throws(Refusal) {
        offset += 1
        if peek(in: pattern) == .ascii("?") {
            offset += 1
            switch peek(in: pattern) {
            case .ascii(":"): offset += 1
            case .ascii("<"):
                guard let end = pattern.firstIndex(of: .ascii(">"), from: offset),
                    isName(pattern.extracting((offset + 1)..<end))
                else { throw Refusal() }
                offset = end + 1
            default: throw Refusal()
            }
        }
        try readAlternatives(in: pattern)
        guard peek(in: pattern) == .ascii(")") else { throw Refusal() }
        offset += 1
    }

    /// Letters, digits and `_`; what looks behind has other signs.
    private func isName(_ name: Span<UInt8>) -> Bool {
        guard let first = name.first, !first.isDigit else { return false }
        for index in 0..<name.count {
            let byte = name[index]
            guard byte.isLetter || byte.isDigit || byte == .ascii("_") else { return false }
        }
        return true
    }

    private func peek(in pattern: Span<UInt8>) -> UInt8? {
        offset < pattern.count ? pattern[offset] : nil
    }

    /// Passes a sign or a count of repetition.
    private mutating func readCount(in pattern: Span<UInt8>) -> Count? {
        switch peek(in: pattern) {
        case .ascii("*"):
            offset += 1
            return Count(least: 0, greatest: nil)
        case .ascii("+"):
            offset += 1
            return Count(least: 1, greatest: nil)
        case .ascii("?"):
            offset += 1
            return Count(least: 0, greatest: 1)
        case .ascii("{"):
            guard let (count, end) = count(in: pattern) else { return nil }
            offset = end
            return count
        default: return nil
        }
    }

    /// `{m}`, `{m,}` or `{m,n}` at the offset, and where it ends; nil where it is just a bracket.
    private func count(in pattern: Span<UInt8>) -> (Count, end: Int)? {
        guard let close = pattern.firstIndex(of: .ascii("}"), from: offset) else { return nil }
        let inside = pattern.extracting((offset + 1)..<close)
        guard let comma = inside.firstIndex(of: .comma) else {
            guard let count = inside.decimal else { return nil }
            return (Count(least: count, greatest: count), close + 1)
        }
        guard let least = inside.extracting(0..<comma).decimal else { return nil }
        let greatest = inside.extracting((comma + 1)..<inside.count)
        if greatest.isEmpty { return (Count(least: least, greatest: nil), close + 1) }
        guard let greatest = greatest.decimal else { return nil }
        return (Count(least: least, greatest: greatest), close + 1)
    }

    /// Has the instructions from `start` on repeated.
    private mutating func `repeat`(from start: Int, _ count: Count) throws(Refusal) {
        let body = Array(code[start...])
        guard count.least <= instructionCountMax, count.greatest ?? 0 <= instructionCountMax,
            count.least <= count.greatest ?? .max
        else { throw Refusal() }
        guard !body.isEmpty else { return }
        code.removeSubrange(start...)
        for _ in 0..<count.least { try append(contentsOf: body) }
        guard let greatest = count.greatest else {
            try append(.fork(1, body.count + 2))
            try append(contentsOf: body)
            return try append(.jump(-body.count - 1))
        }
        for _ in count.least..<greatest {
            try append(.fork(1, body.count + 1))
            try append(contentsOf: body)
        }
    }

    private mutating func append(contentsOf body: [PatternInstruction]) throws(Refusal) {
        guard body.count <= instructionCountMax - code.count else { throw Refusal() }
        code += body
    }
}
