import Bytes

/// What the event loop keeps of one stream, listener, timer or look-up.
struct LoopStream: ~Copyable {
    enum Finish { case none, halfClose, close }

    /// Written and not yet taken by the kernel.
    var outbox = Buffer()
    var deadline: Instant?
    /// The earliest entry of the timer heap for this stream.
    var scheduled: Instant?
    var isReceiving = true
    /// Queued for the flush at the end of the turn.
    var isQueued = false
    /// The kernel took less than all and will say when there is room.
    var isBlocked = false
    var finish = Finish.none
    var reportsDrained = false
}
