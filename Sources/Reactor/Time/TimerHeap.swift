/// Deadlines in order, earliest first: a binary heap. Entries are never removed early; whoever pops
/// one asks whether it still means anything.
struct TimerHeap {
    struct Entry {
        let deadline: Instant
        let token: Token
    }

    private var entries: [Entry] = []

    var earliest: Instant? { entries.first?.deadline }
    var count: Int { entries.count }

    mutating func insert(_ token: Token, at deadline: Instant) {
        entries.append(Entry(deadline: deadline, token: token))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].deadline < entries[parent].deadline else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the earliest entry that is due at `now`.
    mutating func popDue(at now: Instant) -> Entry? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            siftDown()
        }
        return first
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < entries.count else { return }
            let right = left + 1
            let isRightEarlier =
                right < entries.count && entries[right].deadline < entries[left].deadline
            let child = isRightEarlier ? right : left
            guard entries[child].deadline < entries[parent].deadline else { return }
            entries.swapAt(child, parent)
            parent = child
        }
    }
}
