import Glibc

/// An entry point that reads foreign bytes, and what has to hold of it for every input.
enum FuzzTarget: String, CaseIterable {
    case requestHead = "request-head"
    case responseHead = "response-head"
    case chunkedBody = "chunked-body"
    case events = "events"
    case json = "json"
    case chatRequest = "chat-request"
    case chatChunk = "chat-chunk"
    case answer = "answer"
    case envelope = "envelope"
    case evidence = "evidence"
    case quote = "quote"
    case quoteSignature = "quote-signature"
    case quoteVerdict = "quote-verdict"
    case certificateText = "certificate-text"
    case certificate = "certificate"
    case pckExtension = "pck-extension"
    case tcbInfo = "tcb-info"
    case qeIdentity = "qe-identity"
    case collateral = "collateral"
    case gpuEvidence = "gpu-evidence"
    case nrasToken = "nras-token"
    case jwks = "jwks"
    case eventLog = "event-log"
    case keyCustody = "key-custody"
    case pins = "pins"
    case jcs = "jcs"
    case base64 = "base64"
    case hex = "hex"
    case catalogue = "catalogue"
    case schema = "schema"
    /// Fails on purpose, to show that a finding is found.
    case canary = "canary"

    static let chosen: FuzzTarget = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            preconditionFailure("FUZZ_TARGET names no target: \(name)")
        }
        return target
    }()

    func run(_ input: [UInt8]) {
        switch self {
        case .requestHead: HTTPTargets.request(input)
        case .responseHead: HTTPTargets.response(input)
        case .chunkedBody: HTTPTargets.chunkedBody(input)
        case .events: HTTPTargets.events(input)
        case .json: BytesTargets.json(input)
        case .base64: BytesTargets.base64(input)
        case .hex: BytesTargets.hex(input)
        case .chatRequest: ProxyTargets.chatRequest(input)
        case .chatChunk: ProxyTargets.chatChunk(input)
        case .answer: AnswerTargets.answer(input)
        case .catalogue: ProxyTargets.catalogue(input)
        case .schema: SchemaTargets.schema(input)
        case .envelope: E2EETargets.envelope(input)
        case .evidence: E2EETargets.evidence(input)
        case .quote: E2EETargets.quote(input)
        case .quoteSignature: QuoteTargets.signature(input)
        case .quoteVerdict: QuoteTargets.verdict(input)
        case .certificateText: QuoteTargets.certificateText(input)
        case .certificate: QuoteTargets.certificate(input)
        case .pckExtension: QuoteTargets.pckExtension(input)
        case .tcbInfo: QuoteTargets.tcbInfo(input)
        case .qeIdentity: QuoteTargets.qeIdentity(input)
        case .collateral: QuoteTargets.collateral(input)
        case .gpuEvidence: GPUTargets.evidence(input)
        case .nrasToken: GPUTargets.token(input)
        case .jwks: GPUTargets.keys(input)
        case .eventLog: SoftwareTargets.eventLog(input)
        case .keyCustody: SoftwareTargets.keyCustody(input)
        case .pins: SoftwareTargets.pins(input)
        case .jcs: BytesTargets.jcs(input)
        case .canary:
            precondition(!(input.count > 3 && input.starts(with: Array("fuzz".utf8))), "the canary")
        }
    }
}
