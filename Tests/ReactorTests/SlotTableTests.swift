import Testing

@testable import Reactor

@Suite struct `Slot tables` {
    @Test func `a removed entry's token is stale, also when its slot is used again`() {
        var table = SlotTable<Int>(capacity: 1)
        let first = table.insert(1)
        #expect(table.remove(first) == 1)
        let second = table.insert(2)
        #expect(second.slot == first.slot)
        #expect(table.contains(first) == false)
        #expect(table.remove(first) == nil)
        #expect(table[second] == 2)
        #expect(table.count == 1)
    }

    @Test func `entries survive growth`() {
        var table = SlotTable<Int>(capacity: 1)
        let tokens = (0..<100).map { table.insert($0) }
        for (value, token) in tokens.enumerated() {
            #expect(table[token] == value)
        }
    }

    @Test func `a side table forgets what an older token of the slot had`() {
        var slots = SlotTable<Int>(capacity: 1)
        var side = SideTable<String>()
        let old = slots.insert(0)
        side.insert("old", at: old)
        _ = slots.remove(old)
        let new = slots.insert(0)
        #expect(side.contains(new) == false)
        side.insert("new", at: new)
        #expect(side.contains(old) == false)
        #expect(side[new] == "new")
        #expect(side.remove(old) == nil)
        #expect(side.remove(new) == "new")
        #expect(side.count == 0)
    }
}
