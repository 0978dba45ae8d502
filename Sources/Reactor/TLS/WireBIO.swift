import Bytes
import COpenSSL

/// The memory between OpenSSL and a stream: for the length of one call OpenSSL reads from lent wire
/// bytes and writes into the stream's outbox. Outside such a call there is nothing to read and
/// nowhere to write. OpenSSL sees it as a BIO with three functions.
@safe struct WireBIO: ~Copyable {
    /// What the BIO's functions reach while a call runs.
    @unsafe private struct Wire {
        var source: UnsafePointer<UInt8>?
        var sourceCount = 0
        /// Written bytes, until the call's end hands them to the outbox.
        var written: UnsafeMutablePointer<Buffer>?
    }

    private let wire: UnsafeMutablePointer<Wire>
    /// This owner's reference; whoever else keeps the BIO takes one of its own.
    let bio: OpaquePointer

    private nonisolated(unsafe) static let method: OpaquePointer? = unsafe makeMethod()

    init() throws(TLSError) {
        guard let method = unsafe Self.method, let bio = unsafe BIO_new(method) else {
            throw .setUpFailed("BIO_new")
        }
        let wire = UnsafeMutablePointer<Wire>.allocate(capacity: 1)
        unsafe wire.initialize(to: Wire())
        unsafe BIO_set_data(bio, wire)
        unsafe BIO_set_init(bio, 1)
        unsafe self.wire = unsafe wire
        unsafe self.bio = bio
    }

    deinit {
        unsafe BIO_free(bio)
        unsafe wire.deallocate()
    }

    /// Runs `body` with `source` to read from and `outbox` to write to.
    func withWire<Result>(
        from source: Span<UInt8>, to outbox: inout Buffer, _ body: () -> Result
    ) -> Result {
        unsafe source.withUnsafeBufferPointer { source in
            unsafe withUnsafeMutablePointer(to: &outbox) { outbox in
                unsafe wire.pointee.source = source.baseAddress
                unsafe wire.pointee.sourceCount = source.count
                unsafe wire.pointee.written = outbox
                defer { unsafe wire.pointee = Wire() }
                return body()
            }
        }
    }

    private static func makeMethod() -> OpaquePointer? {
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(type, "wire") else { return nil }
        unsafe BIO_meth_set_read_ex(method) { bio, room, roomCount, readCount in
            guard let room = unsafe room, let readCount = unsafe readCount else { return 0 }
            return unsafe WireBIO.read(bio, room, roomCount, readCount)
        }
        unsafe BIO_meth_set_write_ex(method) { bio, bytes, byteCount, writtenCount in
            guard let bytes = unsafe bytes, let writtenCount = unsafe writtenCount else { return 0 }
            return unsafe WireBIO.write(bio, bytes, byteCount, writtenCount)
        }
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
        return unsafe method
    }

    private static func read(
        _ bio: OpaquePointer?, _ room: UnsafeMutablePointer<CChar>, _ roomCount: Int,
        _ readCount: UnsafeMutablePointer<Int>
    ) -> CInt {
        guard let wire = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: Wire.self) else {
            return 0
        }
        unsafe cssl_bio_clear_retry(bio)
        let count = unsafe min(roomCount, wire.pointee.sourceCount)
        guard count > 0, let source = unsafe wire.pointee.source else {
            unsafe cssl_bio_retry_read(bio)
            return 0
        }
        unsafe UnsafeMutableRawPointer(room).copyMemory(from: source, byteCount: count)
        unsafe wire.pointee.source = source + count
        unsafe wire.pointee.sourceCount -= count
        unsafe readCount.pointee = count
        return 1
    }

    private static func write(
        _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>, _ byteCount: Int,
        _ writtenCount: UnsafeMutablePointer<Int>
    ) -> CInt {
        guard let wire = unsafe BIO_get_data(bio)?.assumingMemoryBound(to: Wire.self),
            let outbox = unsafe wire.pointee.written
        else { return 0 }
        unsafe bytes.withMemoryRebound(to: UInt8.self, capacity: byteCount) { bytes in
            unsafe outbox.pointee.append(Span(_unsafeStart: bytes, count: byteCount))
        }
        unsafe writtenCount.pointee = byteCount
        return 1
    }
}
