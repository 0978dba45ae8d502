import Bytes

extension ValueIndex {
    /// Whether two values are equal: numbers by what they are worth, strings by what they say,
    /// objects whatever the order of their members.
    static func isEqual(
        _ left: Int, of leftIndex: ValueIndex, in leftBytes: Span<UInt8>,
        _ right: Int, of rightIndex: ValueIndex, in rightBytes: Span<UInt8>,
        budget: inout WorkBudget
    ) throws(JudgementStop) -> Bool {
        try budget.spend()
        let (one, other) = (leftIndex.entries[left], rightIndex.entries[right])
        guard one.kind == other.kind, one.hash == other.hash, one.count == other.count else {
            return false
        }
        switch one.kind {
        case .null, .bool: return true
        case .string:
            try budget.spend(byteCount: one.value.range.count)
            return JSONString.equal(one.value, in: leftBytes, other.value, in: rightBytes)
        case .number:
            let order = JSONNumber.compare(
                JSONNumber(one.value, in: leftBytes), in: leftBytes,
                JSONNumber(other.value, in: rightBytes), in: rightBytes)
            return order == 0
        case .array:
            var others = rightIndex.contents(of: right)
            for element in leftIndex.contents(of: left) {
                guard let counterpart = others.next(),
                    try isEqual(
                        element, of: leftIndex, in: leftBytes, counterpart, of: rightIndex,
                        in: rightBytes, budget: &budget)
                else { return false }
            }
            return true
        case .object:
            for value in leftIndex.contents(of: left) {
                let counterpart = try rightIndex.member(
                    named: value - 1, of: leftIndex, in: leftBytes, of: right, in: rightBytes,
                    budget: &budget)
                guard let counterpart,
                    try isEqual(
                        value, of: leftIndex, in: leftBytes, counterpart, of: rightIndex,
                        in: rightBytes, budget: &budget)
                else { return false }
            }
            return true
        }
    }

    /// The member of `object` that has the name at entry `name` of another index.
    private func member(
        named name: Int, of other: ValueIndex, in otherBytes: Span<UInt8>,
        of object: Int, in bytes: Span<UInt8>, budget: inout WorkBudget
    ) throws(JudgementStop) -> Int? {
        let wanted = other.entries[name]
        for value in contents(of: object) {
            try budget.spend()
            let key = entries[value - 1]
            guard key.hash == wanted.hash else { continue }
            try budget.spend(byteCount: key.value.range.count)
            if JSONString.equal(wanted.value, in: otherBytes, key.value, in: bytes) {
                return value
            }
        }
        return nil
    }

    /// Whether no two elements of `array` are equal.
    func hasUniqueElements(
        _ array: Int, in bytes: Span<UInt8>, budget: inout WorkBudget
    ) throws(JudgementStop) -> Bool {
        let count = Int(entries[array].count)
        // To sort them takes so many comparisons.
        try budget.spend(count * (Int.bitWidth - count.leadingZeroBitCount) / 4)
        var order: [UInt64] = []
        order.reserveCapacity(count)
        for element in contents(of: array) {
            order.append(UInt64(entries[element].hash) << 32 | UInt64(element))
        }
        order.sort()
        for (index, element) in order.enumerated() {
            for other in order[(index + 1)...] {
                guard other >> 32 == element >> 32 else { break }
                let isEqual = try Self.isEqual(
                    Int(element & 0xFFFF_FFFF), of: self, in: bytes,
                    Int(other & 0xFFFF_FFFF), of: self, in: bytes, budget: &budget)
                if isEqual { return false }
            }
        }
        return true
    }
}
