import E2EE

/// Bytes that are the same at every run.
struct TestEntropy: Entropy {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(E2EEError) {
        for index in 0..<bytes.count { bytes[index] = UInt8(truncatingIfNeeded: next()) }
    }
}

/// A source that always draws the same byte.
struct StuckEntropy: Entropy {
    var byte: UInt8

    mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(E2EEError) {
        for index in 0..<bytes.count { bytes[index] = byte }
    }
}

/// A source that has run dry.
struct NoEntropy: Entropy {
    mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(E2EEError) {
        throw .noEntropy
    }
}
