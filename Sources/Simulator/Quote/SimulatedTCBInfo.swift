import Reactor

/// What a simulated Intel says of the simulated family of platforms. The initial values are those
/// of a machine that is up to date. Source: Intel SGX and TDX Provisioning Certification Service
/// API, version 4.
public struct SimulatedTCBInfo: Sendable {
    public struct Judgement: Sendable {
        public var status: String
        /// Unix seconds.
        public var date: Int
        public var advisories: [String]

        public init(_ status: String, date: Int, advisories: [String] = []) {
            self.status = status
            self.date = date
            self.advisories = advisories
        }

        var json: String {
            let list = advisories.isEmpty ? "" : #","advisoryIDs":["# + quoted + "]"
            return #""tcbDate":"\#(WallClock(seconds: date))","tcbStatus":"\#(status)"\#(list)"#
        }

        private var quoted: String { advisories.map { "\"\($0)\"" }.joined(separator: ",") }
    }

    public struct Level: Sendable {
        public var sgxComponents: [Int]
        public var pceSVN: Int
        public var tdxComponents: [Int]
        public var judgement: Judgement

        public init(
            sgx sgxComponents: [Int], pceSVN: Int, tdx tdxComponents: [Int],
            _ judgement: Judgement
        ) {
            self.sgxComponents = sgxComponents
            self.pceSVN = pceSVN
            self.tdxComponents = tdxComponents
            self.judgement = judgement
        }

        var json: String {
            #"{"tcb":{"sgxtcbcomponents":\#(Self.list(sgxComponents)),"pcesvn":\#(pceSVN),"#
                + #""tdxtcbcomponents":\#(Self.list(tdxComponents))},\#(judgement.json)}"#
        }

        private static func list(_ svns: [Int]) -> String {
            "[" + svns.map { #"{"svn":\#($0)}"# }.joined(separator: ",") + "]"
        }
    }

    /// A level of a module or an enclave.
    public struct EnclaveLevel: Sendable {
        public var svn: Int
        public var judgement: Judgement

        public init(_ svn: Int, _ judgement: Judgement) {
            self.svn = svn
            self.judgement = judgement
        }

        var json: String { #"{"tcb":{"isvsvn":\#(svn)},\#(judgement.json)}"# }
    }

    public struct Module: Sendable {
        /// nil of the module that has no identity of its own.
        public var id: String?
        public var mrSigner = [UInt8](repeating: 0, count: 48)
        public var attributes = [UInt8](repeating: 0, count: 8)
        public var levels: [EnclaveLevel]

        public init(_ id: String?, _ levels: [EnclaveLevel] = []) {
            self.id = id
            self.levels = levels
        }

        var json: String {
            let members =
                #""mrsigner":"\#(mrSigner.upperHex)","attributes":"\#(attributes.upperHex)","#
                + #""attributesMask":"FFFFFFFFFFFFFFFF""#
            guard let id else { return "{\(members)}" }
            let levels = self.levels.map(\.json).joined(separator: ",")
            return #"{"id":"\#(id)",\#(members),"tcbLevels":[\#(levels)]}"#
        }
    }

    public var id = "TDX"
    public var version = 3
    public var validity: Range<Int>
    public var fmspc = TEEPKI.fmspc.upperHex
    public var pceID = TEEPKI.pceID.upperHex
    public var tcbType = 0
    public var evaluation = 20
    public var module: Module?
    public var modules: [Module]?
    public var levels: [Level]

    /// Unix seconds from issue to next update.
    public init(validity: Range<Int>) {
        let date = validity.lowerBound
        self.validity = validity
        module = Module(nil)
        modules = [Module("TDX_01", [EnclaveLevel(5, Judgement("UpToDate", date: date))])]
        let old = [Int](repeating: 0, count: 16)
        levels = [
            Level(
                sgx: TEEPKI.componentSVNs.map(Int.init), pceSVN: TEEPKI.pceSVN,
                tdx: [5, 0, 3] + [Int](repeating: 0, count: 13),
                Judgement("UpToDate", date: date)),
            Level(sgx: old, pceSVN: 0, tdx: old, Judgement("OutOfDate", date: date)),
        ]
    }

    public var json: String {
        let module = self.module.map { #""tdxModule":\#($0.json),"# } ?? ""
        let list = self.modules?.map(\.json).joined(separator: ",")
        let modules = list.map { #""tdxModuleIdentities":[\#($0)],"# } ?? ""
        return #"{"id":"\#(id)","version":\#(version),\#(validity.dates),"fmspc":"\#(fmspc)","#
            + #""pceId":"\#(pceID)","tcbType":\#(tcbType),"tcbEvaluationDataNumber":\#(evaluation),"#
            + #"\#(module)\#(modules)"tcbLevels":[\#(levels.map(\.json).joined(separator: ","))]}"#
    }
}
