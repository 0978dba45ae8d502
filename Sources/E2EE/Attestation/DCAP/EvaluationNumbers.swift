/// The rounds of Intel's judgements that TCB info and quoting enclave's identity belong to. They
/// only grow: an older document than one seen before was held back by somebody.
public struct EvaluationNumbers: Equatable, Sendable {
    public var tcbInfo: Int
    public var qeIdentity: Int

    public init(tcbInfo: Int = 0, qeIdentity: Int = 0) {
        self.tcbInfo = tcbInfo
        self.qeIdentity = qeIdentity
    }
}
