import COpenSSL

@testable import Simulator

/// What OpenSSL says of what the simulator signs: an opinion that owes the simulator nothing.
enum OpenSSLVerification {
    /// Verifies the first certificate of `chain` (PEM) with `root` (PEM) as the one that is
    /// trusted.
    /// - `revocationLists`: DER; where there are any, every certificate's list must be among them.
    /// - Returns: nil where it verifies; else OpenSSL's X509_V_ERR_* number.
    static func failure(
        of chain: String, trusting root: String, revocationLists: [[UInt8]] = []
    ) -> CInt? {
        let certificates = certificates(of: chain)
        defer { for certificate in certificates { X509_free(certificate) } }
        let store = X509_STORE_new()
        defer { X509_STORE_free(store) }
        for root in Self.certificates(of: root) {
            X509_STORE_add_cert(store, root)
            X509_free(root)
        }
        var flags = UInt(X509_V_FLAG_X509_STRICT)
        for bytes in revocationLists {
            let list = list(bytes)
            defer { X509_CRL_free(list) }
            guard X509_STORE_add_crl(store, list) == 1 else { return -1 }
            flags |= UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)
        }
        X509_STORE_set_flags(store, flags)
        let others = OPENSSL_sk_new_null()
        defer { OPENSSL_sk_free(others) }
        for other in certificates.dropFirst() {
            OPENSSL_sk_push(others, UnsafeRawPointer(other))
        }
        let context = X509_STORE_CTX_new()
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, certificates.first, others) == 1 else {
            return -1
        }
        return X509_verify_cert(context) == 1 ? nil : X509_STORE_CTX_get_error(context)
    }

    /// Whether `signature` (r | s) over `message` is the one of the first certificate's key.
    static func holds(
        _ signature: some Collection<UInt8>, over message: some Collection<UInt8>,
        by certificate: String
    ) -> Bool {
        let certificates = certificates(of: certificate)
        defer { for certificate in certificates { X509_free(certificate) } }
        guard let key = X509_get_pubkey(certificates.first) else { return false }
        return holds(signature, over: message, key)
    }

    /// The same for a bare point (X | Y) of P-256.
    static func holds(
        _ signature: some Collection<UInt8>, over message: some Collection<UInt8>,
        byPoint point: some Collection<UInt8>
    ) -> Bool {
        let prefix: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
            0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
        ]
        let key = (prefix + Array(point)).withUnsafeBufferPointer {
            var start = $0.baseAddress
            return d2i_PUBKEY(nil, &start, $0.count)
        }
        guard let key else { return false }
        return holds(signature, over: message, key)
    }

    private static func holds(
        _ signature: some Collection<UInt8>, over message: some Collection<UInt8>,
        _ key: OpaquePointer
    ) -> Bool {
        defer { EVP_PKEY_free(key) }
        let encoded = DER.sequence(
            DER.integer(bigEndian: Array(signature.prefix(32))),
            DER.integer(bigEndian: Array(signature.dropFirst(32))))
        let message = Array(message)
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1
            && EVP_DigestVerify(context, encoded, encoded.count, message, message.count) == 1
    }

    private static func certificates(of pem: String) -> [OpaquePointer] {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        BIO_write(bio, pem, CInt(pem.utf8.count))
        var certificates: [OpaquePointer] = []
        while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
            certificates.append(certificate)
        }
        ERR_clear_error()
        return certificates
    }

    private static func list(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBufferPointer {
            var start = $0.baseAddress
            return d2i_X509_CRL(nil, &start, $0.count)
        }
    }
}
