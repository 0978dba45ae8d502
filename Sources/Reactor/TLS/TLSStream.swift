public import Bytes
import COpenSSL

/// One TLS connection without any I/O of its own: wire bytes in, text out; text in, wire bytes out.
/// Source: RFC 8446 and RFC 5246 through OpenSSL.
@safe public struct TLSStream: ~Copyable {
    public enum State: Equatable, Sendable {
        case handshaking
        case open
        /// The peer has said that it will send no more.
        case ended
    }

    private let ssl: Handle
    private let wire: WireBIO
    public private(set) var state = State.handshaking

    /// The SSL object, freed with its owner.
    @safe private struct Handle: ~Copyable {
        let pointer: OpaquePointer

        deinit {
            // Without a shutdown on record OpenSSL takes the session for a bad one and forgets it.
            unsafe SSL_set_shutdown(pointer, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
            unsafe SSL_free(pointer)
        }
    }

    /// A client's connection to `host`, a DNS name or an address literal without brackets, which
    /// the server's certificate must name.
    /// - Throws: `.setUpFailed`, when OpenSSL is out of memory or takes no such name.
    public init(connectingTo host: String, in context: TLSContext) throws(TLSError) {
        precondition(context.role == .client, "a server's context does not connect")
        let wire = try WireBIO()
        let ssl = try Self.make(in: context, over: wire)
        try Self.require(host, of: ssl)
        unsafe context.resumeSession(on: ssl.pointer)
        unsafe SSL_set_connect_state(ssl.pointer)
        self.ssl = ssl
        self.wire = wire
    }

    /// A server's side of a connection.
    public init(acceptingIn context: TLSContext) throws(TLSError) {
        precondition(context.role == .server, "a client's context does not accept")
        let wire = try WireBIO()
        let ssl = try Self.make(in: context, over: wire)
        unsafe SSL_set_accept_state(ssl.pointer)
        self.ssl = ssl
        self.wire = wire
    }

    private static func make(
        in context: TLSContext, over wire: borrowing WireBIO
    ) throws(TLSError) -> Handle {
        guard let pointer = unsafe SSL_new(context.context) else { throw .setUpFailed("SSL_new") }
        unsafe BIO_up_ref(wire.bio)
        unsafe SSL_set_bio(pointer, wire.bio, wire.bio)
        return unsafe Handle(pointer: pointer)
    }

    /// Demands that the certificate names `host`. Source: RFC 6125; no partial wildcards. An
    /// address is matched as an address and not sent as the server name (RFC 6066, section 3).
    private static func require(_ host: String, of ssl: borrowing Handle) throws(TLSError) {
        if SocketAddress(literal: host, port: 0) != nil {
            let parameters = unsafe SSL_get0_param(ssl.pointer)
            guard unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1 else {
                throw .setUpFailed("address")
            }
            return
        }
        unsafe SSL_set_hostflags(ssl.pointer, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard unsafe SSL_set1_host(ssl.pointer, host) == 1,
            unsafe cssl_set_server_name(ssl.pointer, host) == 1
        else { throw .setUpFailed("host name") }
    }

    /// Whether the handshake continued an earlier session.
    public var isResumed: Bool { unsafe SSL_session_reused(ssl.pointer) == 1 }

    /// Begins the handshake: a client's first flight is appended to `outbox`.
    public mutating func start(to outbox: inout Buffer) throws(TLSError) {
        var nothing = Buffer()
        try open(Span(), into: &nothing, to: &outbox)
    }

    /// Takes received wire bytes: their text is appended to `inbox`, and what the protocol itself
    /// has to send to `outbox`. Text that arrived before an error is appended all the same.
    public mutating func open(
        _ wireBytes: Span<UInt8>, into inbox: inout Buffer, to outbox: inout Buffer
    ) throws(TLSError) {
        let ssl = unsafe ssl.pointer
        let isHandshaking = state == .handshaking
        var text = Buffer()
        swap(&text, &inbox)
        let (handshake, result) = wire.withWire(from: wireBytes, to: &outbox) {
            () -> (CInt, CInt) in
            ERR_clear_error()
            if isHandshaking {
                let handshake = unsafe SSL_do_handshake(ssl)
                if handshake != 1 { return unsafe (0, SSL_get_error(ssl, handshake)) }
            }
            return unsafe (1, Self.readAll(ssl, into: &text))
        }
        swap(&text, &inbox)
        if isHandshaking && handshake == 1 { state = .open }
        try settle(result)
    }

    /// Appends `text`, encrypted, to `outbox`. The handshake must be over.
    public mutating func seal(
        _ text: Span<UInt8>, to outbox: inout Buffer
    ) throws(TLSError) {
        precondition(state != .handshaking, "text before the handshake is over")
        guard !text.isEmpty else { return }
        let ssl = unsafe ssl.pointer
        let isWritten = wire.withWire(from: Span(), to: &outbox) {
            ERR_clear_error()
            // The outbox takes everything, so that each call writes one whole record.
            return unsafe text.withUnsafeBufferPointer { text in
                var offset = 0
                while offset < text.count {
                    var written = 0
                    let start = unsafe text.baseAddress.map { unsafe $0 + offset }
                    guard unsafe SSL_write_ex(ssl, start, text.count - offset, &written) == 1 else {
                        return false
                    }
                    offset += written
                }
                return true
            }
        }
        guard isWritten else { throw .protocolViolation }
    }

    /// Tells the peer that no more text will come.
    public mutating func finish(to outbox: inout Buffer) {
        guard state != .handshaking else { return }
        let ssl = unsafe ssl.pointer
        wire.withWire(from: Span(), to: &outbox) {
            ERR_clear_error()
            // Where the connection is broken already there is nothing left to say.
            _ = unsafe SSL_shutdown(ssl)
        }
    }

    /// Reads until OpenSSL wants more wire bytes; answers why it stopped.
    private static func readAll(_ ssl: OpaquePointer, into text: inout Buffer) -> CInt {
        while true {
            var count = 0
            var result: CInt = 0
            text.append(atMost: recordByteCountMax) { room in
                result = unsafe room.withUnsafeMutableBytes { room in
                    unsafe SSL_read_ex(ssl, room.baseAddress, room.count, &count)
                }
                return result == 1 ? count : 0
            }
            guard result == 1 else { return unsafe SSL_get_error(ssl, result) }
        }
    }

    /// The most text one record holds. Source: RFC 8446, section 5.1.
    private static var recordByteCountMax: Int { 16 * 1024 }

    private mutating func settle(_ result: CInt) throws(TLSError) {
        switch result {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
        case SSL_ERROR_ZERO_RETURN: state = .ended
        default:
            let verdict = unsafe SSL_get_verify_result(ssl.pointer)
            defer { ERR_clear_error() }
            guard verdict == X509_V_OK else { throw .certificate(verdict) }
            throw .protocolViolation
        }
    }
}
