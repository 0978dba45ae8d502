import Bytes

/// What can be learnt from an error text of the provider. The text itself is never shown: it may
/// hold parts of the prompt.
enum ProviderError {
    /// Whether it says that the enclave no longer has the key the prompt was sealed to.
    static func isStaleKey(_ text: Span<UInt8>) -> Bool {
        let signs: [StaticString] = [
            "e2ee_model_key_mismatch", "e2ee_decryption_failed", "Failed to decrypt field",
            "Decryption failed", "decryption failed", "Invalid public key",
        ]
        return signs.contains { text.firstRange(of: $0) != nil }
    }
}
