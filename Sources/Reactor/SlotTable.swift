/// Entries with one owner in slots that are used again. Reaching an entry is one comparison and one
/// addition; entries move in memory only when the table grows.
@safe public struct SlotTable<Element: ~Copyable>: ~Copyable {
    private struct Slot: ~Copyable {
        var element: Element?
        var generation: UInt32
        var nextFree: Int
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var capacity: Int
    private var usedMax = 0
    private var firstFree = -1
    public private(set) var count = 0

    public init(capacity: Int = 8) {
        precondition(capacity > 0, "a table of nothing")
        unsafe slots = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        unsafe slots.deinitialize(count: usedMax)
        unsafe slots.deallocate()
    }

    public mutating func insert(_ element: consuming Element) -> Token {
        let slot: Int
        count += 1
        if firstFree >= 0 {
            slot = firstFree
            firstFree = unsafe slots[slot].nextFree
            unsafe slots[slot].element = consume element
        } else {
            if usedMax == capacity { grow() }
            slot = usedMax
            usedMax += 1
            unsafe (slots + slot).initialize(
                to: Slot(element: consume element, generation: 1, nextFree: -1))
        }
        return unsafe Token(slot: slot, generation: slots[slot].generation)
    }

    /// Takes the entry out; nil where the token is stale.
    public mutating func remove(_ token: Token) -> Element? {
        guard contains(token) else { return nil }
        let slot = token.slot
        let element = unsafe slots[slot].element.take()
        unsafe slots[slot].generation &+= 1
        unsafe slots[slot].nextFree = firstFree
        firstFree = slot
        count -= 1
        return element
    }

    public func contains(_ token: Token) -> Bool {
        let slot = token.slot
        guard slot < usedMax, unsafe slots[slot].generation == token.generation else {
            return false
        }
        return unsafe slots[slot].element != nil
    }

    /// The entry that `token` names, which must be there.
    public subscript(_ token: Token) -> Element {
        _read {
            precondition(contains(token), "a stale token")
            yield unsafe slots[token.slot].element!
        }
        _modify {
            precondition(contains(token), "a stale token")
            yield unsafe &slots[token.slot].element!
        }
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Slot>.allocate(capacity: 2 * capacity)
        unsafe larger.moveInitialize(from: slots, count: usedMax)
        unsafe slots.deallocate()
        unsafe slots = larger
        capacity *= 2
    }
}
