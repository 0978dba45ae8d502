import COpenSSL

/// Random bytes from OpenSSL's private generator, which seeds itself from the kernel.
/// Cost: about 1 µs a call. Source: NIST SP 800-90A as OpenSSL implements it.
public struct SystemEntropy: Entropy {
    public init() {}

    public mutating func fill(_ bytes: inout MutableSpan<UInt8>) throws(E2EEError) {
        let isFilled = unsafe bytes.withUnsafeMutableBufferPointer { buffer -> Bool in
            guard let base = buffer.baseAddress else { return true }
            guard let byteCount = CInt(exactly: buffer.count) else { return false }
            return unsafe RAND_priv_bytes(base, byteCount) == 1
        }
        guard isFilled else { throw .noEntropy }
    }
}
