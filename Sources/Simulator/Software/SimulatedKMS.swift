import Bytes
public import E2EE

/// A service that gives apps their keys and signs for them. Its own key is known to everybody.
public struct SimulatedKMS: Sendable {
    private let scalar: [UInt8]
    public let publicKey: PublicKey

    public static let root = SimulatedKMS(named: "simulated KMS root")
    /// One that nobody trusts.
    public static let other = SimulatedKMS(named: "simulated KMS of a stranger")

    /// The key that `name` hashes to. (That it is no scalar has a chance of 2⁻¹²⁸.)
    init(named name: String) {
        scalar = Hash.sha256(Array(name.utf8))
        let own = Self.key(scalar)
        publicKey = own.publicKey
    }

    private static func key(_ scalar: [UInt8]) -> PrivateKey {
        do throws(E2EEError) { return try PrivateKey(scalar.span) } catch {
            preconditionFailure("not a scalar")
        }
    }

    /// r | s | v over Keccak-256 of `statement`.
    private func signature(of statement: [UInt8]) -> [UInt8] {
        Self.sign(Keccak256.digest(statement.span), with: scalar)
    }

    private static func sign(_ digest: [UInt8], with scalar: [UInt8]) -> [UInt8] {
        let key = key(scalar)
        do throws(E2EEError) { return try key.signature(of: digest) } catch {
            preconditionFailure("a valid key that does not sign")
        }
    }

    /// The chain for one key of an app.
    func chain(for key: PublicKey, purpose: String, app: [UInt8]) -> [[UInt8]] {
        let appKey = SimulatedKMS(named: "simulated app key \(Hex.string(app.span))")
        let statement = Array("\(purpose):\(Hex.string(key.compressed.span))".utf8)
        let issued = Array("dstack-kms-issued:".utf8) + app + appKey.publicKey.compressed
        return [appKey.signature(of: statement), signature(of: issued)]
    }

    /// The custody of an identity key, an Ed25519 key (whose form is not checked), and `key`.
    public func custody(of key: PublicKey, identity: PublicKey, app: [UInt8]) -> String {
        let entries = [
            entry("identity", "aci.identity.v1", "ecdsa-secp256k1", identity, app),
            #"{"role":"legacy-ed25519","purpose":"aci.legacy.ed25519.v1","algo":"ed25519","#
                + #""public_key":"00","signature_chain":["00","00"]}"#,
            entry("e2ee", "aci.e2ee.v1", "secp256k1-aes-256-gcm-hkdf-sha256", key, app),
        ]
        return #"{"provider":"dstack-kms","keys":[\#(entries.joined(separator: ","))]}"#
    }

    private func entry(
        _ role: String, _ purpose: String, _ algorithm: String, _ key: PublicKey, _ app: [UInt8]
    ) -> String {
        let chain = chain(for: key, purpose: purpose, app: app)
            .map { "\"\(Hex.string($0.span))\"" }.joined(separator: ",")
        return #"{"role":"\#(role)","purpose":"\#(purpose)","algo":"\#(algorithm)","#
            + #""public_key":"\#(key.hex)","signature_chain":[\#(chain)]}"#
    }

    /// r | s over SHA-256 of `statement`, by the key that speaks for a workload.
    func endorsement(of statement: [UInt8]) -> [UInt8] {
        Array(Self.sign(Hash.sha256(statement), with: scalar).prefix(64))
    }

    /// The identity of a simulated workload.
    static let workload = SimulatedKMS(named: "simulated workload identity")
}
