import Bytes
import Foundation
import Testing

@testable import Proxy
@testable import Reactor

@Suite struct `The catalogue` {
    static let text = #"""
        {"object":"list","data":[
        {"id":"e2ee-a","object":"model","created":5,"owned_by":"venice.ai","type":"text","model_spec":{
         "name":"A","availableContextTokens":1000,"maxCompletionTokens":50,
         "pricing":{"input":{"usd":0.13,"diem":1},"output":{"usd":0.650}},
         "capabilities":{"supportsE2EE":true,"supportsVision":true,"supportsReasoning":false}}},
        {"id":"e2ee-b","model_spec":{"capabilities":{"supportsE2EE":true}}},
        {"id":"clear","model_spec":{"capabilities":{"supportsE2EE":false}}},
        {"id":"e2ee-liar","model_spec":{"capabilities":{"supportsE2EE":"true"}}},
        {"id":"e2ee-image","type":"image","model_spec":{"capabilities":{"supportsE2EE":true}}},
        {"id":"e2ee-bare"},{"id":7},7]}
        """#
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func state(_ catalogue: inout Catalogue, _ now: Instant) -> String {
        switch catalogue.look(at: now) {
        case .ready: "ready"
        case .refreshing: "refreshing"
        case .waiting: "waiting"
        case .start: "start"
        case .failed(let error): error.code
        }
    }

    @Test func `only models that can be encrypted to exist`() throws {
        let body = Array(Self.text.utf8)
        let list = CatalogueModel.list(in: body.span)
        let models = try #require(list)
        #expect(models.map(\.id) == ["e2ee-a", "e2ee-b"])
        #expect(models[0].canSee)
        #expect(!models[1].canSee)
        var output = Buffer()
        CatalogueModel.write(models, to: &output)
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(output.readable.array)) as? [String: Any])
        let first = try #require((json["data"] as? [[String: Any]])?.first)
        #expect(first["context_length"] as? Int == 1000)
        #expect(output.readable.text.contains(#""input":0.13,"output":0.650"#))
    }

    @Test(arguments: [#"a\nb"#, #"a\u001b[2J"#, "a b", "é", #"e\u0301"#])
    func `a name that could forge a log line, or be taken for another, does not exist`(
        id: String
    ) throws {
        let body = Self.text.replacingOccurrences(of: "e2ee-b", with: id)
        let models = CatalogueModel.list(in: Array(body.utf8).span)
        #expect(models?.map(\.id) == ["e2ee-a"])
    }

    @Test(arguments: ["", "{}", "[]", #"{"data":{}}"#, #"{"data":[1]"#])
    func `anything else is no catalogue`(text: String) {
        let body = Array(text.utf8)
        let list = CatalogueModel.list(in: body.span)
        #expect(list == nil)
    }

    @Test func `it is fresh for ten minutes, usable for a day, then gone`() {
        var catalogue = Catalogue()
        #expect(state(&catalogue, start) == "start")
        catalogue.began()
        #expect(state(&catalogue, start) == "waiting")
        let body = Array(Self.text.utf8)
        _ = catalogue.fetched(body.span, at: start)
        #expect(state(&catalogue, start + .seconds(599)) == "ready")
        #expect(state(&catalogue, start + .seconds(601)) == "refreshing")
        catalogue.began()
        #expect(state(&catalogue, start + .seconds(601)) == "ready")
        let error = APIError.nameNotResolved
        _ = catalogue.failed(with: error, at: start + .seconds(602))
        #expect(state(&catalogue, start + .seconds(603)) == "ready")
        #expect(state(&catalogue, start + .seconds(700)) == "refreshing")
        #expect(state(&catalogue, start + .seconds(86_401)) == "start")
    }

    @Test func `a failed fetch answers those who waited, and the next for a moment`() {
        var catalogue = Catalogue()
        let waiter = ExchangeID(client: .none, number: 3)
        catalogue.wait(waiter)
        catalogue.began()
        #expect(catalogue.failed(with: .nameNotResolved, at: start) == [waiter])
        #expect(state(&catalogue, start) == "upstream_unresolved")
        #expect(state(&catalogue, start + .seconds(3)) == "start")
    }
}
