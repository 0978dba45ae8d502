import Bytes
import E2EE

/// A service like NVIDIA's: judges GPU evidence and signs what it thinks of it.
public struct SimulatedNRAS: Sendable {
    public static let issuer = "https://nras.simulator.invalid"

    public let key: ECKey
    public let keyIdentifier = "simulated-nras-1"
    /// Whose devices it knows (DER).
    private let root: [UInt8]

    public init(root: [UInt8]) throws(SimulatorError) {
        key = try ECKey(.p384)
        self.root = root
    }

    /// The key set, as JSON.
    public var keys: String { Self.keys([(keyIdentifier, key)]) }

    public static func keys(_ keys: [(identifier: String, key: ECKey)]) -> String {
        let entries = keys.map { identifier, key in
            let x = SimulatedToken.base64(Array(key.point[1..<49]))
            let y = SimulatedToken.base64(Array(key.point[49...]))
            return #"{"kty":"EC","crv":"P-384","kid":"\#(identifier)","x":"\#(x)","y":"\#(y)"}"#
        }
        return #"{"keys":[\#(entries.joined(separator: ","))]}"#
    }

    /// An answer that approves of everything, to be spoiled before it is signed.
    public func approval(nonce: String, deviceCount: Int, now: Int) -> SimulatedApproval {
        SimulatedApproval(
            keyIdentifier: keyIdentifier, nonce: nonce, deviceCount: deviceCount, now: now)
    }

    /// Judges what was posted; nil where it cannot be read.
    /// - `now`: Unix seconds.
    public func answer(to payload: [UInt8], now: Int) throws(SimulatorError) -> String? {
        let bytes = payload.span
        let evidence: GPUEvidence
        do throws(AttestationError) { evidence = try GPUEvidence(bytes) } catch { return nil }
        guard let document = JSONDocument.root(of: bytes),
            let digits = document.member("nonce", in: bytes)?.text(in: bytes),
            let nonce = AttestationNonce(hex: digits)
        else { return nil }
        let verdict = GPUVerifier(root: root).verdict(on: evidence, nonce: nonce, at: now)
        var approval = approval(nonce: nonce.hex, deviceCount: evidence.deviceCount, now: now)
        if !verdict.isAccepted {
            approval.overall["x-nvidia-overall-att-result"] = "false"
            for index in approval.devices.indices {
                approval.devices[index].token["measres"] = nil
                approval.devices[index].token["x-nvidia-error-details"] = #"{"code":4010}"#
            }
        }
        let wish = document.member("simulated", in: bytes)?.text(in: bytes)
        spoil(&approval, as: wish.flatMap { Misbehaviour(rawValue: $0) }, now)
        return try approval.signed(by: key)
    }

    private func spoil(
        _ approval: inout SimulatedApproval, as misbehaviour: Misbehaviour?, _ now: Int
    ) {
        switch misbehaviour {
        case .nrasRefuses: approval.overall["x-nvidia-overall-att-result"] = "false"
        case .nrasUnsigned:
            approval.overall.algorithm = "none"
            approval.overallSignature = ""
        case .nrasOtherNonce:
            let zeros = String(repeating: "0", count: 64)
            approval.overall["eat_nonce"] = "\"\(zeros)\""
        case .nrasMissingDevice:
            approval.omitsFirstDigest = true
            approval.omitsFirstToken = true
        case .nrasExpired: approval.overall["exp"] = "\(now - 1)"
        default: break
        }
    }
}
