import Glibc

/// An open file descriptor, closed when its owner drops it.
struct Descriptor: ~Copyable {
    let raw: CInt

    init(adopting raw: CInt) {
        precondition(raw >= 0, "adopting a descriptor the kernel refused to open")
        self.raw = raw
    }

    deinit { close(raw) }
}
