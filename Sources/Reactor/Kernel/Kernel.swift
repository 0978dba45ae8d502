public import Bytes

/// What the event loop needs of an operating system. `EpollKernel` is the real one; a test can be
/// the kernel itself, with time, failures and short reads of its choosing.
///
/// Streams are named by the loop's tokens. After `close(token)` the kernel reports nothing of it.
/// The boundary fits readiness and completion alike: `receive` and `send` move what can be moved
/// now, and an event says when it is worth asking again.
public protocol Kernel: ~Copyable {
    mutating func now() -> Instant
    /// Seconds since 1970.
    mutating func wallClock() -> Int

    /// Starts listening and answers the bound address (port 0 becomes the real one).
    mutating func listen(
        on address: SocketAddress, as token: Token
    ) throws(SystemError) -> SocketAddress
    /// Starts connecting; `.connected` or `.failed` follows.
    mutating func connect(to address: SocketAddress, as token: Token) throws(SystemError)
    /// Gives a connection that `.accepted` announced its token.
    mutating func adopt(_ connection: AcceptedConnection, as token: Token) throws(SystemError)

    /// Appends at most `byteCountMax` received bytes to `wire`.
    mutating func receive(
        from token: Token, into wire: inout Buffer, atMost byteCountMax: Int
    ) -> ReceiveOutcome
    /// Takes bytes from the front of `bytes`. When it takes fewer than all, `.writable` follows.
    mutating func send(_ bytes: Span<UInt8>, on token: Token) -> SendOutcome
    /// While off, nothing of the stream is reported as readable.
    mutating func setReceiving(_ isOn: Bool, on token: Token)
    /// Tells the peer that nothing more will be sent.
    mutating func finishSending(on token: Token)
    mutating func close(_ token: Token)

    /// Looks `host` up off the loop's thread; `.resolved` follows under the same token.
    mutating func resolve(_ host: String, port: UInt16, as token: Token)

    /// Does `work` off the loop's thread, after what was given before; `.finished` follows.
    mutating func perform(_ work: @escaping @Sendable () -> Void, as token: Token)

    /// Waits until something happened or `deadline` has passed (nil: for ever).
    mutating func wait(until deadline: Instant?)
    /// What happened, one event at a time; nil when it is time to wait again.
    mutating func nextEvent() -> KernelEvent?
}

/// A connection the kernel has accepted and nobody has named yet.
public struct AcceptedConnection: Sendable {
    public let handle: Int32
    public init(handle: Int32) { self.handle = handle }
}

public enum KernelEvent: Sendable {
    case accepted(AcceptedConnection, listener: Token)
    case connected(Token)
    case failed(Token, SystemError)
    case readable(Token)
    case writable(Token)
    /// The addresses a name stands for, best first; empty when it could not be resolved.
    case resolved(Token, [SocketAddress])
    /// Work off the loop's thread is done.
    case finished(Token)
    case signalled(Signal)
}

public enum ReceiveOutcome: Equatable, Sendable {
    case received(byteCount: Int)
    /// Nothing is there yet.
    case nothing
    /// The peer will send no more.
    case ended
    case failed(SystemError)
}

public enum SendOutcome: Equatable, Sendable {
    case sent(byteCount: Int)
    case failed(SystemError)
}

/// A signal of the operator to the process.
public enum Signal: Equatable, Sendable { case interrupt, terminate, hangUp }
