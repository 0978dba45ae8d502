/// Entries kept under tokens that another table gave out: whoever hears of a token finds what
/// belongs to it in one comparison. Entries move in memory only when the table grows.
@safe public struct SideTable<Element: ~Copyable>: ~Copyable {
    private struct Slot: ~Copyable {
        var token = Token.none
        var element: Element?
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var capacity: Int
    public private(set) var count = 0

    public init() {
        capacity = 16
        unsafe slots = .allocate(capacity: capacity)
        for slot in 0..<capacity { unsafe (slots + slot).initialize(to: Slot(element: nil)) }
    }

    deinit {
        unsafe slots.deinitialize(count: capacity)
        unsafe slots.deallocate()
    }

    /// Keeps `element` under `token`; whatever an older token of the same slot had is dropped.
    public mutating func insert(_ element: consuming Element, at token: Token) {
        precondition(token != .none, "an entry nobody could find")
        while token.slot >= capacity { grow() }
        if unsafe slots[token.slot].element == nil { count += 1 }
        unsafe slots[token.slot] = Slot(token: token, element: consume element)
    }

    /// Takes the entry out; nil where there is none under this token.
    @discardableResult
    public mutating func remove(_ token: Token) -> Element? {
        guard contains(token) else { return nil }
        count -= 1
        unsafe slots[token.slot].token = .none
        return unsafe slots[token.slot].element.take()
    }

    public func contains(_ token: Token) -> Bool {
        guard token.slot < capacity else { return false }
        return unsafe slots[token.slot].token == token
    }

    /// The entry under `token`, which must be there.
    public subscript(_ token: Token) -> Element {
        _read {
            precondition(contains(token), "no entry under this token")
            yield unsafe slots[token.slot].element!
        }
        _modify {
            precondition(contains(token), "no entry under this token")
            yield unsafe &slots[token.slot].element!
        }
    }

    /// Visits every entry.
    public func forEach(_ visit: (Token, borrowing Element) -> Void) {
        for slot in 0..<capacity {
            let token = unsafe slots[slot].token
            if token != .none { visit(token, self[token]) }
        }
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Slot>.allocate(capacity: 2 * capacity)
        unsafe larger.moveInitialize(from: slots, count: capacity)
        for slot in capacity..<(2 * capacity) {
            unsafe (larger + slot).initialize(to: Slot(element: nil))
        }
        unsafe slots.deallocate()
        unsafe slots = larger
        capacity *= 2
    }
}
