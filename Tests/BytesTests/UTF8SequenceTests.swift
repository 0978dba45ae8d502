import Bytes
import TestSupport
import Testing

@Suite struct UTF8SequenceTests {
    private func joined(_ deliveries: [[UInt8]]) -> [UInt8] {
        var joiner = UTF8Joiner()
        var output = Buffer()
        for piece in deliveries {
            joiner.append(piece.span, to: &output)
            let isWellFormed = UTF8Sequence.isWellFormed(output.readable)
            #expect(isWellFormed)
        }
        joiner.finish(to: &output)
        #expect(!joiner.isInsideCharacter)
        return output.readable.array
    }

    static let samples: [[UInt8]] = [
        bytes("aä€🦔\u{0}\u{7F}\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}"),
        [0x80], [0x80, 0x80], [0xBF, 0x41], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41],
        [0xE0, 0x80, 0x80], [0xE0, 0xA0], [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80],
        [0xED, 0x9F, 0xBF],
        [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x90, 0x80], [0xF0, 0x90, 0x80, 0x41],
        [0xF4, 0x90, 0x80, 0x80],
        [0xF5, 0x80], [0xFF, 0xFE], [0xF0, 0x9F, 0xF0, 0x9F, 0xA6, 0x94], [0xE2, 0xE2, 0x82, 0xAC],
        [0xC2, 0xC2, 0xA0],
        [0x41, 0xF1, 0x80, 0x80, 0xE1, 0x80, 0xC2, 0x62, 0x80, 0x63, 0x80, 0xBF],
    ]

    @Test(arguments: samples)
    func `text is joined as the standard library decodes it whole, however it is cut`(
        sample: [UInt8]
    ) {
        let expected = bytes(String(decoding: sample, as: UTF8.self))
        for delivery in everyDelivery(of: sample) {
            #expect(joined(delivery) == expected)
        }
    }

    @Test
    func `two lead bytes in every combination are judged like the standard library does`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let text = [first, second, 0x80, 0x41]
                let expected = bytes(String(decoding: text, as: UTF8.self))
                let joined = joined(pieces(of: text, size: 1))
                guard joined == expected else {
                    Issue.record("\(text)")
                    return
                }
                let isWellFormed = UTF8Sequence.isWellFormed(text.span)
                guard isWellFormed == (expected == text) else {
                    Issue.record("\(text)")
                    return
                }
            }
        }
    }
}
