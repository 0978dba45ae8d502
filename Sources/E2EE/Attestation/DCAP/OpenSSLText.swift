import Bytes
import COpenSSL

/// Bytes and times out of the library's own values.
enum OpenSSLText {
    static func bytes(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
        guard let string = unsafe string, let start = unsafe ASN1_STRING_get0_data(string) else {
            return []
        }
        let byteCount = unsafe Int(ASN1_STRING_length(string))
        return unsafe Array(UnsafeBufferPointer(start: start, count: byteCount))
    }

    /// The encoding of a name, as it was read.
    static func encoded(_ name: OpaquePointer?) -> [UInt8] {
        var start: UnsafePointer<UInt8>?
        var byteCount = 0
        guard let name = unsafe name,
            unsafe X509_NAME_get0_der(name, &start, &byteCount) == 1
        else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: start, count: byteCount))
    }

    /// Unix seconds; nil where the time is spelled as RFC 5280 forbids.
    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int? {
        let text = unsafe bytes(time)
        return CalendarTime.seconds(der: text.span)
    }
}
