import Glibc
import Synchronization

/// A growable run of bytes with one owner: bytes are appended at the end and consumed from the
/// front.
///
/// Whatever it held is wiped when it is cleared, grows or is dropped, so that prompts, replies and
/// keys do not outlive their use. Readable bytes stay where they are until the next append or
/// `reserve`.
@safe public struct Buffer: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>?
    @usableFromInline var capacity: Int
    /// The readable bytes are `head ..< tail`.
    @usableFromInline var head = 0
    @usableFromInline var tail = 0
    /// No byte at or beyond this offset was ever written, so none needs wiping.
    @usableFromInline var writtenMax = 0

    /// An empty buffer; memory is taken at the first append.
    public init() {
        unsafe base = nil
        capacity = 0
    }

    public init(capacity: Int) {
        self.init()
        reserve(capacity)
    }

    public init(_ bytes: Span<UInt8>) {
        self.init(capacity: bytes.count)
        append(bytes)
    }

    deinit {
        guard let base = unsafe base else { return }
        unsafe wipe(base, writtenMax)
        unsafe free(base)
        heldByAll.subtract(capacity, ordering: .relaxed)
    }

    /// The memory that all buffers of the process hold on to, in bytes.
    public static var heldByteCount: Int { heldByAll.load(ordering: .relaxed) }

    public var count: Int { tail - head }
    public var isEmpty: Bool { tail == head }
    /// Bytes of memory this buffer holds on to, readable or not.
    public var heldByteCount: Int { capacity }

    /// The readable bytes, lent for as long as the buffer is not changed.
    public var readable: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            guard let base = unsafe base else { return Span() }
            let span = unsafe Span(_unsafeStart: UnsafePointer(base + head), count: tail - head)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Makes room for `byteCount` more bytes, moving the readable ones to the front or into a
    /// larger allocation. Old memory is wiped before it is given back.
    public mutating func reserve(_ byteCount: Int) {
        precondition(byteCount >= 0, "a negative reservation")
        if tail == head {
            head = 0
            tail = 0
        }
        guard capacity - tail < byteCount else { return }
        if let base = unsafe base, capacity - count >= byteCount, head >= capacity / 2 {
            unsafe memmove(base, base + head, count)
        } else {
            grow(to: max(count + byteCount, 2 * capacity, 64))
        }
        tail -= head
        head = 0
    }

    private mutating func grow(to capacity: Int) {
        guard let memory = unsafe malloc(capacity) else { fatalOutOfMemory() }
        let fresh = unsafe memory.assumingMemoryBound(to: UInt8.self)
        if let base = unsafe base {
            unsafe memcpy(fresh, base + head, count)
            unsafe wipe(base, writtenMax)
            unsafe free(base)
        }
        unsafe base = fresh
        writtenMax = count
        heldByAll.add(capacity - self.capacity, ordering: .relaxed)
        self.capacity = capacity
    }

    /// Removes `byteCount` bytes from the front.
    @inlinable
    public mutating func consume(_ byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= tail - head, "consuming more than is there")
        head += byteCount
    }

    /// Removes white space of JSON from the front.
    public mutating func consumeBlanks() {
        let byteCount = readable.blankCount
        consume(byteCount)
    }

    /// Keeps only the first `byteCount` readable bytes.
    public mutating func truncate(to byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= count, "truncating to more than is there")
        tail = head + byteCount
    }

    /// Replaces one readable byte.
    @inlinable
    public mutating func overwrite(at offset: Int, with byte: UInt8) {
        precondition(offset >= 0 && offset < count, "overwriting outside of what is there")
        if let base = unsafe base { unsafe base[head + offset] = byte }
    }

    /// Empties the buffer and wipes what it held; the memory is kept for reuse.
    public mutating func clear() {
        if let base = unsafe base { unsafe wipe(base, writtenMax) }
        head = 0
        tail = 0
        writtenMax = 0
    }

    /// Empties the buffer and wipes what it held; memory of more than `byteCountMax` bytes is given
    /// back.
    public mutating func empty(keepingAtMost byteCountMax: Int) {
        if capacity > byteCountMax { release() } else { clear() }
    }

    /// Empties the buffer, wipes what it held and gives the memory back.
    public mutating func release() {
        self = Buffer()
    }

    /// Lets `body` write up to `byteCount` bytes behind the readable ones; `body` answers how many
    /// it wrote. Nothing is added when it throws.
    @inlinable
    public mutating func append<Failure: Error>(
        atMost byteCount: Int, _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(byteCount)
        guard let base = unsafe base else { return }
        writtenMax = max(writtenMax, tail + byteCount)
        var spare = unsafe MutableSpan(_unsafeStart: base + tail, count: byteCount)
        let written = try body(&spare)
        precondition(written >= 0 && written <= byteCount, "wrote beyond the room that was lent")
        tail += written
    }

    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        reserve(bytes.count)
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let base = unsafe base, let start = source.baseAddress else { return }
            unsafe (base + tail).update(from: start, count: source.count)
        }
        tail += bytes.count
        writtenMax = max(writtenMax, tail)
    }

    @inlinable
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        if let base = unsafe base { unsafe base[tail] = byte }
        tail += 1
        writtenMax = max(writtenMax, tail)
    }

    @inlinable
    public mutating func append(_ text: StaticString) {
        precondition(text.hasPointerRepresentation, "a single scalar is appended as a byte")
        unsafe append(Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends the readable bytes of another buffer.
    @inlinable
    public mutating func append(_ other: borrowing Buffer) { append(other.readable) }

    /// Whether the readable bytes are `bytes`. Not constant in time.
    public func equals(_ bytes: Span<UInt8>) -> Bool { readable.equals(bytes) }

    public mutating func append(_ text: String) {
        append(text.utf8Span.span)
    }

    /// Appends `number` in decimal digits.
    public mutating func append(decimal number: Int) {
        if number < 0 { append(.ascii("-")) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var start = 20
        var rest = number.magnitude
        repeat {
            start -= 1
            digits[start] = UInt8(truncatingIfNeeded: rest % 10) + 0x30
            rest /= 10
        } while rest > 0
        append(digits.span.extracting(start..<20))
    }
}

/// What all buffers hold, counted where memory is taken and given back.
private let heldByAll = Atomic(0)

/// Uniquely owned memory may change threads with its owner.
extension Buffer: @unchecked Sendable {}

/// Overwrites memory in a way the compiler may not leave out.
@inline(never)
private func wipe(_ start: UnsafeMutablePointer<UInt8>, _ byteCount: Int) {
    unsafe explicit_bzero(start, byteCount)
}

private func fatalOutOfMemory() -> Never {
    fatalError("out of memory")
}
