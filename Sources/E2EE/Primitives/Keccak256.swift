import Bytes

/// Keccak-256 as Ethereum uses it: the padding is 0x01, where SHA3-256 has 0x06.
/// Source: The Keccak reference, version 3.0.
package enum Keccak256 {
    static let digestByteCount = 32
    private static let rateByteCount = 136

    /// The 32 bytes of the digest. For public data: the state is not wiped.
    package static func digest(_ bytes: Span<UInt8>) -> [UInt8] {
        var state = InlineArray<25, UInt64>(repeating: 0)
        var position = 0
        for index in 0..<bytes.count {
            absorb(bytes[index], at: position, into: &state)
            position += 1
            if position == rateByteCount {
                permute(&state)
                position = 0
            }
        }
        absorb(0x01, at: position, into: &state)
        absorb(0x80, at: rateByteCount - 1, into: &state)
        permute(&state)
        return (0..<digestByteCount).map {
            UInt8(truncatingIfNeeded: state[$0 / 8] >> UInt64(8 * ($0 % 8)))
        }
    }

    private static func absorb(
        _ byte: UInt8, at position: Int, into state: inout InlineArray<25, UInt64>
    ) {
        state[position / 8] ^= UInt64(byte) << UInt64(8 * (position % 8))
    }

    private static func permute(_ state: inout InlineArray<25, UInt64>) {
        for round in 0..<24 {
            mixColumns(&state)
            rotateAndMove(&state)
            mixRows(&state)
            state[0] ^= roundConstants[round]
        }
    }

    /// θ
    private static func mixColumns(_ state: inout InlineArray<25, UInt64>) {
        var parity = InlineArray<5, UInt64>(repeating: 0)
        for index in 0..<25 { parity[index % 5] ^= state[index] }
        for index in 0..<25 {
            let right = parity[(index + 1) % 5]
            state[index] ^= parity[(index + 4) % 5] ^ rotated(right, by: 1)
        }
    }

    /// ρ and π in one walk: each lane goes to the next place of the cycle, turned on the way.
    private static func rotateAndMove(_ state: inout InlineArray<25, UInt64>) {
        var lane = state[1]
        for step in 0..<24 {
            let place = Int(places[step])
            let next = state[place]
            state[place] = rotated(lane, by: UInt64(rotations[step]))
            lane = next
        }
    }

    /// χ
    private static func mixRows(_ state: inout InlineArray<25, UInt64>) {
        for row in 0..<5 {
            let start = 5 * row
            let first = state[start]
            let second = state[start + 1]
            for column in 0..<3 {
                let index = start + column
                state[index] ^= ~state[index + 1] & state[index + 2]
            }
            state[start + 3] ^= ~state[start + 4] & first
            state[start + 4] ^= ~first & second
        }
    }

    private static func rotated(_ lane: UInt64, by bitCount: UInt64) -> UInt64 {
        lane << bitCount | lane >> (64 - bitCount)
    }

    private static let places: [UInt8] = [
        10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1,
    ]

    private static let rotations: [UInt8] = [
        1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
    ]

    private static let roundConstants: [UInt64] = [
        0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808A,
        0x8000_0000_8000_8000, 0x0000_0000_0000_808B, 0x0000_0000_8000_0001,
        0x8000_0000_8000_8081, 0x8000_0000_0000_8009, 0x0000_0000_0000_008A,
        0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000A,
        0x0000_0000_8000_808B, 0x8000_0000_0000_008B, 0x8000_0000_0000_8089,
        0x8000_0000_0000_8003, 0x8000_0000_0000_8002, 0x8000_0000_0000_0080,
        0x0000_0000_0000_800A, 0x8000_0000_8000_000A, 0x8000_0000_8000_8081,
        0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
    ]
}
