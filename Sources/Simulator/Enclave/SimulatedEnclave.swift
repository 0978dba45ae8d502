import Bytes
import E2EE

/// The enclave of one model: its key, the evidence for it, and what only it can open. Its key
/// guards nothing, so it is kept as a plain value.
struct SimulatedEnclave: Sendable {
    private let scalar: [UInt8]
    let publicKey: PublicKey
    /// A key that is not this enclave's.
    let otherKey: PublicKey

    init<Source: Entropy>(from entropy: inout Source) throws(E2EEError) {
        var scalar = [UInt8](repeating: 0, count: PrivateKey.byteCount)
        var bytes = scalar.mutableSpan
        try entropy.fill(&bytes)
        // A draw that is no scalar has a chance of 2⁻¹²⁸.
        publicKey = try PrivateKey(scalar.span).publicKey
        otherKey = try PrivateKey(from: &entropy).publicKey
        self.scalar = scalar
    }

    /// Opens a chat request as the real gateway does.
    func open(_ body: [UInt8]) throws(ChatRefusal) -> OpenedChat {
        let key: PrivateKey
        do throws(E2EEError) { key = try PrivateKey(scalar.span) } catch {
            throw .decryptionFailed
        }
        return try OpenedChat(body, with: key)
    }
}
