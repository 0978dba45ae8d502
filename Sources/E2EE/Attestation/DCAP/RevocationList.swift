import Bytes
import COpenSSL

/// A list of revoked certificates as OpenSSL reads it. Source: RFC 5280, section 5.
@safe struct RevocationList: ~Copyable {
    private let handle: OpaquePointer

    /// nil of anything but one list with a number and the key identifier of its issuer, signed with
    /// ECDSA and SHA-256, with nothing behind it. A critical extension would change what the list
    /// covers: none is understood here.
    init?(der: Span<UInt8>) {
        let parsed: OpaquePointer? = unsafe der.withUnsafeBufferPointer {
            var next = $0.baseAddress
            guard let list = unsafe d2i_X509_CRL(nil, &next, $0.count) else { return nil }
            guard let start = $0.baseAddress, let end = unsafe next, unsafe end - start == $0.count,
                unsafe X509_CRL_get_signature_nid(list) == NID_ecdsa_with_SHA256,
                unsafe X509_CRL_get_ext_by_NID(list, NID_crl_number, -1) >= 0,
                unsafe X509_CRL_get_ext_by_NID(list, NID_authority_key_identifier, -1) >= 0,
                unsafe X509_CRL_get_ext_by_critical(list, 1, -1) < 0
            else {
                unsafe X509_CRL_free(list)
                return nil
            }
            return unsafe list
        }
        guard let handle = unsafe parsed else { return nil }
        unsafe self.handle = handle
    }

    deinit { unsafe X509_CRL_free(handle) }

    /// The encoded name of whoever signed the list.
    var issuer: [UInt8] { unsafe OpenSSLText.encoded(X509_CRL_get_issuer(handle)) }

    /// Unix seconds from this update to the next one, which is the first second outside; nil where
    /// one is missing or malformed.
    var validity: Range<Int>? {
        guard let start = unsafe OpenSSLText.seconds(X509_CRL_get0_lastUpdate(handle)),
            let end = unsafe OpenSSLText.seconds(X509_CRL_get0_nextUpdate(handle)), start <= end
        else { return nil }
        return start..<end
    }

    func isSigned(by key: borrowing ECDSAPublicKey) -> Bool {
        let list = unsafe handle
        return unsafe key.withHandle { unsafe X509_CRL_verify(list, $0) == 1 }
    }

    /// Whether a serial number is on the list, for whatever reason.
    func names(_ serial: UnsafePointer<ASN1_INTEGER>) -> Bool {
        var entry: OpaquePointer?
        // The library does not change the number that it asks for as a mutable one.
        let number = unsafe UnsafeMutablePointer(mutating: serial)
        return unsafe X509_CRL_get0_by_serial(handle, &entry, number) != 0
    }
}
