/// What the loop tells the hub: the one upward protocol. Every call lends the loop, so that the hub
/// can answer at once; bytes are lent for the length of the call.
public protocol StreamHandler: ~Copyable {
    associatedtype System: Kernel & ~Copyable

    /// False ends the loop after the current turn.
    var isRunning: Bool { get }

    mutating func accepted(
        _ stream: Token, by listener: Token, on loop: inout EventLoop<System>)
    mutating func connected(_ stream: Token, on loop: inout EventLoop<System>)
    mutating func received(
        _ wire: Span<UInt8>, on stream: Token, of loop: inout EventLoop<System>)
    /// The outbox of a stream that was at or over its high-water mark has run empty.
    mutating func drained(_ stream: Token, on loop: inout EventLoop<System>)
    /// The peer will send no more; the stream can still send.
    mutating func ended(_ stream: Token, on loop: inout EventLoop<System>)
    /// The connection failed or was never made. The token is dead already.
    mutating func failed(
        _ stream: Token, with error: SystemError, on loop: inout EventLoop<System>)
    /// The deadline set for this stream or timer has passed.
    mutating func expired(_ token: Token, on loop: inout EventLoop<System>)
    /// A name was looked up. The token is dead already.
    mutating func resolved(
        _ addresses: [SocketAddress], for request: Token, on loop: inout EventLoop<System>)
    /// Work off the loop's thread is done. The token is dead already.
    mutating func finished(_ work: Token, on loop: inout EventLoop<System>)
    mutating func signalled(_ signal: Signal, on loop: inout EventLoop<System>)
    /// Everything that happened in this turn was delivered; what was written leaves after this.
    mutating func turnEnded(on loop: inout EventLoop<System>)
}
