import Testing

@testable import Reactor

@Suite struct `Timer heap` {
    @Test(arguments: [1, 2, 3, 17, 200])
    func `deadlines come out in order`(count: Int) {
        var heap = TimerHeap()
        var generator = SystemRandomNumberGenerator()
        let deadlines = (0..<count).map { _ in Int64.random(in: 0..<50, using: &generator) }
        for (index, deadline) in deadlines.enumerated() {
            heap.insert(
                Token(slot: index, generation: 1), at: Instant(nanoseconds: deadline))
        }
        var popped: [Int64] = []
        while let entry = heap.popDue(at: Instant(nanoseconds: 100)) {
            popped.append(entry.deadline.nanoseconds)
        }
        #expect(popped == deadlines.sorted())
    }

    @Test func `nothing is due before its time`() {
        var heap = TimerHeap()
        heap.insert(Token(slot: 0, generation: 1), at: Instant(nanoseconds: 10))
        #expect(heap.popDue(at: Instant(nanoseconds: 9)) == nil)
        #expect(heap.popDue(at: Instant(nanoseconds: 10)) != nil)
        #expect(heap.earliest == nil)
    }
}
