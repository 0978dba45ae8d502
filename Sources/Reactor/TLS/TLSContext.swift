import COpenSSL
import Glibc
import Synchronization

/// What all TLS connections of one role share: trust, versions, and the last session a server gave,
/// with which the next handshake is shorter. One per process and role is enough; making one is
/// dear.
@safe public final class TLSContext: Sendable {
    /// Whom a client trusts.
    public enum Trust: Sendable, Equatable {
        /// The system's store.
        case system
        /// The certificates in this PEM file, and no others.
        case file(String)
        /// These certificates (PEM), and no others.
        case certificates(String)
    }

    enum Role { case client, server }

    let role: Role
    nonisolated(unsafe) let context: OpaquePointer
    /// The newest session the server offered; client role only.
    private let session = Mutex<Session?>(nil)

    /// A session this context owns a reference to.
    @safe private struct Session: ~Copyable, @unchecked Sendable {
        let pointer: OpaquePointer
        deinit { unsafe SSL_SESSION_free(pointer) }
    }

    /// Where Debian keeps one file per root, found by hash at the handshake.
    private static let systemDirectory = "/etc/ssl/certs"

    /// A context for connections to servers, which must prove their name.
    public init(trusting trust: Trust) throws(TLSError) {
        role = .client
        unsafe context = try Self.make(TLS_client_method())
        switch trust {
        case .system: try trustSystem()
        case .file(let path):
            guard unsafe SSL_CTX_load_verify_file(context, path) == 1 else {
                throw .badMaterial(path)
            }
        case .certificates(let pem): try trustOnly(pem)
        }
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        unsafe cssl_cache_client_sessions(context)
        unsafe SSL_CTX_set_ex_data(context, 0, Unmanaged.passUnretained(self).toOpaque())
        unsafe SSL_CTX_sess_set_new_cb(context) { ssl, session in
            guard let ssl = unsafe ssl, let session = unsafe session,
                let owner = unsafe SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0)
            else { return 0 }
            unsafe Unmanaged<TLSContext>.fromOpaque(owner).takeUnretainedValue().keep(session)
            return 1
        }
    }

    /// A context for a server that shows the certificates in `chain` (PEM, its own first) and holds
    /// their `key` (PEM).
    public init(servingChain chain: String, key: String) throws(TLSError) {
        role = .server
        unsafe context = try Self.make(TLS_server_method())
        try unsafe Self.use(chain: chain, key: key, in: context)
        let name = Array("e2ee-proxy".utf8)
        unsafe SSL_CTX_set_session_id_context(context, name, UInt32(name.count))
    }

    deinit { unsafe SSL_CTX_free(context) }

    private static func make(_ method: OpaquePointer?) throws(TLSError) -> OpaquePointer {
        guard let context = unsafe SSL_CTX_new(method) else { throw .setUpFailed("SSL_CTX_new") }
        guard unsafe cssl_set_min_protocol(context, TLS1_2_VERSION) == 1 else {
            unsafe SSL_CTX_free(context)
            throw .setUpFailed("minimum version")
        }
        unsafe SSL_CTX_set_options(context, cssl_options())
        unsafe cssl_set_mode(
            context,
            Int(
                SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                    | SSL_MODE_RELEASE_BUFFERS))
        return unsafe context
    }

    private func trustSystem() throws(TLSError) {
        // The hashed directory costs nothing at start; the default paths read every root at once.
        let isDirectory = unsafe access(Self.systemDirectory, R_OK | X_OK) == 0
        let result =
            isDirectory
            ? unsafe SSL_CTX_load_verify_dir(context, Self.systemDirectory)
            : unsafe SSL_CTX_set_default_verify_paths(context)
        guard result == 1 else { throw .badMaterial("the system's trust store") }
    }

    private func trustOnly(_ pem: String) throws(TLSError) {
        let bio = try unsafe Self.memory(holding: pem)
        defer { unsafe BIO_free(bio) }
        let store = unsafe SSL_CTX_get_cert_store(context)
        var count = 0
        while let certificate = unsafe PEM_read_bio_X509(bio, nil, nil, nil) {
            defer { unsafe X509_free(certificate) }
            guard unsafe X509_STORE_add_cert(store, certificate) == 1 else {
                throw .badMaterial("certificates")
            }
            count += 1
        }
        ERR_clear_error()
        guard count > 0 else { throw .badMaterial("certificates") }
    }

    private static func use(
        chain: String, key: String, in context: OpaquePointer
    ) throws(TLSError) {
        let bio = try unsafe memory(holding: chain)
        defer { unsafe BIO_free(bio) }
        var isFirst = true
        while let certificate = unsafe PEM_read_bio_X509(bio, nil, nil, nil) {
            defer { unsafe X509_free(certificate) }
            let result =
                isFirst
                ? unsafe SSL_CTX_use_certificate(context, certificate)
                : unsafe cssl_add_chain_certificate(context, certificate)
            guard result == 1 else { throw .badMaterial("certificate chain") }
            isFirst = false
        }
        ERR_clear_error()
        guard !isFirst else { throw .badMaterial("certificate chain") }
        let keyBIO = try unsafe memory(holding: key)
        defer { unsafe BIO_free(keyBIO) }
        guard let privateKey = unsafe PEM_read_bio_PrivateKey(keyBIO, nil, nil, nil) else {
            throw .badMaterial("private key")
        }
        defer { unsafe EVP_PKEY_free(privateKey) }
        guard unsafe SSL_CTX_use_PrivateKey(context, privateKey) == 1 else {
            throw .badMaterial("private key")
        }
    }

    /// A BIO with a copy of `text`. (One over the text itself would outlive the bytes that a string
    /// lends for the length of a call.)
    private static func memory(holding text: String) throws(TLSError) -> OpaquePointer {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .setUpFailed("BIO_new") }
        let byteCount = CInt(text.utf8.count)
        guard unsafe BIO_write(bio, text, byteCount) == byteCount else {
            unsafe BIO_free(bio)
            throw .setUpFailed("BIO_write")
        }
        return unsafe bio
    }

    private func keep(_ fresh: OpaquePointer) {
        let address = UInt(bitPattern: fresh)
        session.withLock { session in
            guard let pointer = unsafe OpaquePointer(bitPattern: address) else { return }
            session = unsafe Session(pointer: pointer)
        }
    }

    /// Makes `ssl` offer the last session, if there is one that may be used again.
    func resumeSession(on ssl: OpaquePointer) {
        session.withLock { session in
            switch session {
            case .some(let session):
                guard unsafe SSL_SESSION_is_resumable(session.pointer) == 1 else { return }
                // A session that does not fit is not offered; the handshake is then a full one.
                _ = unsafe SSL_set_session(ssl, session.pointer)
            case .none: return
            }
        }
    }
}
