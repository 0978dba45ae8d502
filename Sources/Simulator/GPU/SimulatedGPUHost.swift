import Bytes
public import E2EE

/// A machine with simulated GPUs: writes what goes into a reply's `nvidia_payload`.
public struct SimulatedGPUHost: Sendable {
    public let pki: GPUPKI
    /// Of another root, for those who spoil.
    private let otherPKI: GPUPKI

    public init() throws(SimulatorError) {
        pki = try GPUPKI()
        otherPKI = try GPUPKI()
    }

    /// What the service is asked with, as JSON.
    public func payload(
        for nonce: AttestationNonce, deviceCount: Int = 1
    ) throws(SimulatorError) -> String {
        try payload(for: nonce, deviceCount: deviceCount, as: nil)
    }

    func payload(
        for nonce: AttestationNonce, deviceCount: Int = 1, as misbehaviour: Misbehaviour?
    ) throws(SimulatorError) -> String {
        var entries: [String] = []
        for _ in 0..<deviceCount {
            var gpu = SimulatedGPU(nonce: nonce.bytes)
            var chain = pki.chain
            var key = pki.leafKey
            switch misbehaviour {
            case .gpuNonce: gpu.nonce[0] ^= 1
            case .gpuFirmware: gpu.opaque[3].data[0] ^= 1
            case .gpuOtherRoot: (chain, key) = (otherPKI.chain, otherPKI.leafKey)
            case .gpuCutChain: chain.remove(at: 2)
            default: break
            }
            var message = try gpu.signed(by: key)
            if misbehaviour == .gpuSignature { message[message.count - 1] ^= 1 }
            entries.append(Self.entry(chain, message))
        }
        // The service answers by what it is asked with, so it learns from there what to do wrong.
        let wish = misbehaviour.map { #","simulated":"\#($0.rawValue)""# } ?? ""
        return Self.payload(nonce: nonce.hex, entries, wish)
    }

    /// One member of the list.
    public static func entry(_ chain: [Certificate], _ message: [UInt8]) -> String {
        let text = chain.map(\.pem).joined()
        return #"{"arch":"HOPPER","certificate":"\#(base64(Array(text.utf8)))","#
            + #""evidence":"\#(base64(message))"}"#
    }

    public static func payload(nonce: String, _ entries: [String], _ others: String = "") -> String
    {
        #"{"arch":"HOPPER","evidence_list":[\#(entries.joined(separator: ","))],"#
            + #""nonce":"\#(nonce)"\#(others)}"#
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        var text = Buffer()
        Base64.encode(bytes.span, to: &text)
        return text.readable.text
    }
}
