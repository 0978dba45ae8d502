import Bytes

/// One entry of an event log as a reply spells it, which need not be what was measured.
public struct SimulatedEvent: Sendable {
    public enum DigestForm: Sendable {
        /// SHA-384 of type, name and payload, separated by colons.
        case plain
        /// SHA-384 of a canonical JSON object.
        case canonical
    }

    static let runtimeType = 0x0800_0001

    public var register: Int
    public var type: Int
    public var name: String
    public var payload: [UInt8]
    /// 96 digits, or none.
    public var digest: String

    /// An event of the firmware.
    init(register: Int, type: Int, _ what: String) {
        self.register = register
        self.type = type
        name = ""
        payload = Array(what.utf8)
        digest = Hex.string(Hash.sha384(payload).span)
    }

    /// An event of the guest, at run time.
    public init(_ name: String, _ payload: [UInt8] = [], form: DigestForm = .plain) {
        register = 3
        type = Self.runtimeType
        self.name = name
        self.payload = payload
        digest = ""
        digest = Hex.string(measured(form).span)
    }

    /// What is measured of it.
    public func measured(_ form: DigestForm = .plain) -> [UInt8] {
        guard type == Self.runtimeType else { return Hash.sha384(payload) }
        switch form {
        case .plain:
            let type = UInt32(type).littleEndianBytes
            return Hash.sha384(type + Array(":\(name):".utf8) + payload)
        case .canonical:
            let payload = Hex.string(payload.span)
            let text = #"{"name":"\#(name)","payload":"\#(payload)","type":\#(type)}"#
            return Hash.sha384(Array(text.utf8))
        }
    }

    /// The registers that events of those forms lead to.
    public static func registers(
        after events: [SimulatedEvent], _ form: DigestForm = .plain
    ) -> [[UInt8]] {
        var registers = [[UInt8]](repeating: [UInt8](repeating: 0, count: 48), count: 4)
        for event in events {
            registers[event.register] = Hash.sha384(
                registers[event.register] + event.measured(form))
        }
        return registers
    }

    public var json: String {
        #"{"imr":\#(register),"event_type":\#(type),"digest":"\#(digest)","#
            + #""event":"\#(name)","event_payload":"\#(Hex.string(payload.span))"}"#
    }
}
