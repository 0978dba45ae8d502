import Bytes
import TestSupport
import Testing

@Suite struct BufferTests {
    private func contents(_ buffer: borrowing Buffer) -> [UInt8] { buffer.readable.array }

    @Test
    func `an empty buffer holds no memory and lends an empty span`() {
        let buffer = Buffer()
        let (count, held) = (buffer.count, buffer.heldByteCount)
        #expect(count == 0 && held == 0)
        #expect(contents(buffer).isEmpty)
    }

    @Test
    func `whatever the order of appending and consuming, bytes stay a queue`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var buffer = Buffer()
            var model: [UInt8] = []
            for _ in 0..<100 {
                switch Int.random(in: 0..<6, using: &generator) {
                case 0:
                    let count = Int.random(in: 0...model.count, using: &generator)
                    buffer.consume(count)
                    model.removeFirst(count)
                case 1:
                    let count = Int.random(in: 0...model.count, using: &generator)
                    buffer.truncate(to: count)
                    model.removeLast(model.count - count)
                case 2:
                    buffer.append(7)
                    model.append(7)
                case 3:
                    buffer.reserve(Int.random(in: 0..<300, using: &generator))
                default:
                    let piece = (0..<Int.random(in: 0..<150, using: &generator)).map {
                        UInt8($0)
                    }
                    buffer.append(piece.span)
                    model += piece
                }
                let same = contents(buffer) == model
                #expect(same)
            }
        }
    }

    @Test
    func `reserved room is used without growing`() {
        var buffer = Buffer(capacity: 100)
        let held = buffer.heldByteCount
        buffer.append([UInt8](repeating: 1, count: 100).span)
        let after = buffer.heldByteCount
        #expect(held >= 100 && after == held)
    }

    @Test
    func `a queue that stays short does not grow without end`() {
        var buffer = Buffer()
        let piece = [UInt8](repeating: 1, count: 100)
        for _ in 0..<10_000 {
            buffer.append(piece.span)
            buffer.consume(100)
        }
        let held = buffer.heldByteCount
        #expect(held < 1_000)
        buffer.append(piece.span)
        for _ in 0..<10_000 {
            buffer.append(piece.span)
            buffer.consume(100)
        }
        let heldByQueue = buffer.heldByteCount
        #expect(heldByQueue < 1_000)
    }

    /// What lies in the room behind the readable bytes.
    private func spare(of buffer: inout Buffer, _ byteCount: Int) -> [UInt8] {
        var found: [UInt8] = []
        buffer.append(atMost: byteCount) { bytes in
            for index in 0..<bytes.count { found.append(bytes[index]) }
            return 0
        }
        return found
    }

    @Test
    func `clearing wipes everything that was written`() {
        var buffer = Buffer(capacity: 64)
        buffer.append("secret" as StaticString)
        buffer.consume(3)
        buffer.truncate(to: 1)
        buffer.append(atMost: 20) { bytes in
            for index in 0..<20 { bytes[index] = 0x55 }
            return 2
        }
        buffer.clear()
        let spare = spare(of: &buffer, 40)
        #expect(spare.prefix(23).allSatisfy { $0 == 0 })
        let (count, held) = (buffer.count, buffer.heldByteCount)
        #expect(count == 0 && held == 64)
    }

    @Test
    func `releasing gives the memory back`() {
        var buffer = Buffer(capacity: 64)
        buffer.append("secret" as StaticString)
        buffer.release()
        let (count, held) = (buffer.count, buffer.heldByteCount)
        #expect(count == 0 && held == 0)
    }

    @Test
    func `nothing is added when the writer throws`() {
        struct Refusal: Error {}
        var buffer = Buffer()
        buffer.append("ab" as StaticString)
        do throws(Refusal) {
            try buffer.append(atMost: 10) { (bytes) throws(Refusal) -> Int in
                bytes[0] = 1
                throw Refusal()
            }
        } catch {}
        let text = contents(buffer)
        #expect(text == bytes("ab"))
    }

    @Test
    func `a byte is overwritten where it is read`() {
        var buffer = Buffer(bytes("abcd").span)
        buffer.consume(1)
        buffer.overwrite(at: 1, with: .ascii("X"))
        let text = contents(buffer)
        #expect(text == bytes("bXd"))
    }

    @Test(arguments: [0, 7, -12, .max, .min])
    func `numbers are appended in decimal digits`(number: Int) {
        var buffer = Buffer()
        buffer.append(decimal: number)
        let text = contents(buffer)
        #expect(text == bytes("\(number)"))
    }
}
