import E2EE

/// Randomness that a seed repeats. For tests alone: whoever knows the seed knows every key.
struct SeededEntropy: Entropy {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators".
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(E2EEError) {
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: next()) }
    }

    /// A number below `count`.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

    /// True once in `count` times.
    mutating func once(in count: Int) -> Bool { below(count) == 0 }
}
