import COpenSSL

/// OpenSSL as a guest of this process.
public enum CryptographyLibrary {
    /// Leaves the library standing when the process ends: by default it is taken down while other
    /// threads may still be in it. To be called before anything of it is used. Source:
    /// OPENSSL_init_crypto(3), OPENSSL_INIT_NO_ATEXIT.
    public static func outliveThreads() {
        OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }
}
