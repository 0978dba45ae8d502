/// One model of the simulated catalogue.
public struct SimulatedModel: Sendable {
    public enum Answering: Sendable { case echo, lorem, reasoning, vision }

    public var id: String
    public var name: String
    public var answering: Answering
    /// nil for a model that reads prompts in clear.
    public var shape: AttestationShape?
    public var misbehaviour: Misbehaviour?

    /// The models that do what they should.
    public static let all = [
        SimulatedModel(
            id: "e2ee-demo-echo", name: "Demo: echo", answering: .echo, shape: .flat),
        SimulatedModel(
            id: "e2ee-demo-lorem", name: "Demo: lorem ipsum", answering: .lorem, shape: .aci),
        SimulatedModel(
            id: "e2ee-demo-reasoning", name: "Demo: reasoning", answering: .reasoning,
            shape: .newer),
        SimulatedModel(
            id: "e2ee-demo-vision", name: "Demo: vision", answering: .vision, shape: .flatBase64),
        SimulatedModel(id: "demo-clear", name: "Demo: clear text", answering: .echo, shape: nil),
    ]

    init(
        id: String, name: String, answering: Answering, shape: AttestationShape?,
        misbehaviour: Misbehaviour? = nil
    ) {
        self.id = id
        self.name = name
        self.answering = answering
        self.shape = shape
        self.misbehaviour = misbehaviour
    }

    init(_ misbehaviour: Misbehaviour) {
        self.init(
            id: misbehaviour.model, name: "Bad: \(misbehaviour.rawValue)", answering: .echo,
            shape: misbehaviour.shape, misbehaviour: misbehaviour)
    }

    /// What its enclave runs: flat replies are a model host's own, reports are a gateway's.
    var software: SimulatedSoftware {
        switch shape {
        case .aci, .newer: .gateway
        default: .modelHost
        }
    }

    /// The model as the provider's catalogue lists it.
    var json: String {
        let isSealed = shape != nil
        let capabilities =
            #"{"supportsE2EE":\#(isSealed),"supportsTeeAttestation":\#(isSealed),"#
            + #""supportsVision":\#(answering == .vision),"#
            + #""supportsReasoning":\#(answering == .reasoning),"#
            + #""supportsFunctionCalling":false,"supportsResponseSchema":false,"#
            + #""supportsWebSearch":false}"#
        return #"{"id":"\#(id)","object":"model","created":1782000000,"owned_by":"venice.ai","#
            + #""type":"text","context_length":32768,"model_spec":{"name":"\#(name)","#
            + #""description":"Simulated on this machine.","privacy":"private","#
            + #""availableContextTokens":32768,"maxCompletionTokens":8192,"#
            + #""pricing":{"input":{"usd":0,"diem":0},"output":{"usd":0,"diem":0}},"#
            + #""capabilities":\#(capabilities),"constraints":{},"traits":[],"offline":false}}"#
    }
}
