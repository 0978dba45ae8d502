import Bytes
import COpenSSL

/// A certificate as OpenSSL reads it. Source: RFC 5280.
@safe struct X509Certificate: ~Copyable {
    enum SignatureAlgorithm {
        case ecdsaSHA256, ecdsaSHA384

        fileprivate var number: CInt {
            self == .ecdsaSHA256 ? NID_ecdsa_with_SHA256 : NID_ecdsa_with_SHA384
        }
    }

    private let handle: OpaquePointer
    let der: [UInt8]

    /// nil of anything but one certificate, signed as `algorithm` says, and nothing behind it.
    init?(der: [UInt8], signedWith algorithm: SignatureAlgorithm = .ecdsaSHA256) {
        let parsed: OpaquePointer? = unsafe der.withUnsafeBufferPointer {
            var next = $0.baseAddress
            guard let certificate = unsafe d2i_X509(nil, &next, $0.count) else { return nil }
            guard let start = $0.baseAddress, let end = unsafe next, unsafe end - start == $0.count,
                unsafe X509_get_signature_nid(certificate) == algorithm.number
            else {
                unsafe X509_free(certificate)
                return nil
            }
            return unsafe certificate
        }
        guard let handle = unsafe parsed else { return nil }
        unsafe self.handle = handle
        self.der = der
    }

    deinit { unsafe X509_free(handle) }

    /// nil where the key is on another curve.
    func publicKey(on curve: ECDSAPublicKey.Curve = .p256) -> ECDSAPublicKey? {
        guard let key = unsafe X509_get_pubkey(handle) else { return nil }
        return unsafe ECDSAPublicKey(curve, adopting: key)
    }

    /// Unix seconds; nil where the times are spelled as RFC 5280 forbids. The end is the first
    /// second that is no longer part of it.
    var validity: Range<Int>? {
        guard let start = unsafe OpenSSLText.seconds(X509_get0_notBefore(handle)),
            let last = unsafe OpenSSLText.seconds(X509_get0_notAfter(handle)), start <= last
        else { return nil }
        return start..<(last + 1)
    }

    /// The subject's common name; nil where it has none or several.
    var commonName: [UInt8]? {
        guard let subject = unsafe X509_get_subject_name(handle) else { return nil }
        let index = unsafe X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0,
            unsafe X509_NAME_get_index_by_NID(subject, NID_commonName, index) < 0,
            let entry = unsafe X509_NAME_get_entry(subject, index)
        else { return nil }
        return unsafe OpenSSLText.bytes(X509_NAME_ENTRY_get_data(entry))
    }

    /// Whether the subject has one common name and `phrase` stands in it.
    func isNamed(_ phrase: StaticString) -> Bool {
        guard let name = commonName else { return false }
        return name.span.firstRange(of: phrase) != nil
    }

    /// The encoded subject.
    var subject: [UInt8] { unsafe OpenSSLText.encoded(X509_get_subject_name(handle)) }
    /// The encoded name of whoever signed this certificate.
    var issuer: [UInt8] { unsafe OpenSSLText.encoded(X509_get_issuer_name(handle)) }

    /// Whether the certificate may sign others.
    var isAuthority: Bool { unsafe X509_check_ca(handle) != 0 }

    /// The value of an extension that occurs once; nil of one that is absent or repeated.
    /// - `identifier`: numbers with points between them.
    func extensionValue(_ identifier: String) -> [UInt8]? {
        guard let name = unsafe OBJ_txt2obj(identifier, 1) else { return nil }
        defer { unsafe ASN1_OBJECT_free(name) }
        let index = unsafe X509_get_ext_by_OBJ(handle, name, -1)
        guard index >= 0, unsafe X509_get_ext_by_OBJ(handle, name, index) < 0,
            let found = unsafe X509_get_ext(handle, index)
        else { return nil }
        return unsafe OpenSSLText.bytes(X509_EXTENSION_get_data(found))
    }

    /// Whether both are certificates of one authority: the same name and the same key.
    func isSameAuthority(as other: borrowing X509Certificate) -> Bool {
        guard let key = unsafe X509_get0_pubkey(handle),
            let otherKey = unsafe X509_get0_pubkey(other.handle)
        else { return false }
        return unsafe EVP_PKEY_eq(key, otherKey) == 1 && subject == other.subject
    }

    /// Whether `list` names this certificate's serial number.
    func isRevoked(by list: borrowing RevocationList) -> Bool {
        guard let serial = unsafe X509_get0_serialNumber(handle) else { return true }
        return unsafe list.names(serial)
    }

    /// Whether `root` vouches for this certificate: signatures, names, key identifiers, path
    /// lengths, key usage, critical extensions. Times are judged elsewhere.
    func isIssued(under root: borrowing X509Certificate) -> Bool {
        unsafe Self.isPath(from: handle, through: [], to: root.handle)
    }

    /// The same with exactly one authority between them.
    func isIssued(
        under root: borrowing X509Certificate, through authority: borrowing X509Certificate
    ) -> Bool {
        unsafe Self.isPath(from: handle, through: [authority.handle], to: root.handle)
    }

    /// The same with exactly three authorities between them, the nearest first.
    func isIssued(
        under root: borrowing X509Certificate, through first: borrowing X509Certificate,
        _ second: borrowing X509Certificate, _ third: borrowing X509Certificate
    ) -> Bool {
        let authorities = unsafe [first.handle, second.handle, third.handle]
        return unsafe Self.isPath(from: handle, through: authorities, to: root.handle)
    }

    /// Source: RFC 5280, section 6. Nothing but `root` is trusted.
    private static func isPath(
        from leaf: OpaquePointer, through authorities: [OpaquePointer], to root: OpaquePointer
    ) -> Bool {
        guard let store = unsafe X509_STORE_new() else { return false }
        defer { unsafe X509_STORE_free(store) }
        guard let others = unsafe OPENSSL_sk_new_null() else { return false }
        defer { unsafe OPENSSL_sk_free(others) }
        guard let context = unsafe X509_STORE_CTX_new() else { return false }
        defer { unsafe X509_STORE_CTX_free(context) }
        for index in unsafe authorities.indices {
            unsafe OPENSSL_sk_push(others, UnsafeRawPointer(authorities[index]))
        }
        guard unsafe X509_STORE_add_cert(store, root) == 1,
            unsafe X509_STORE_CTX_init(context, store, leaf, others) == 1
        else { return false }
        let flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_NO_CHECK_TIME
        unsafe X509_STORE_CTX_set_flags(context, UInt(flags))
        guard unsafe X509_verify_cert(context) == 1 else { return false }
        let length = unsafe OPENSSL_sk_num(X509_STORE_CTX_get0_chain(context))
        return unsafe Int(length) == authorities.count + 2
    }
}
