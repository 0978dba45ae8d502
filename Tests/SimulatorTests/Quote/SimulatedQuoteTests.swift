import Bytes
import E2EE
import Reactor
import Testing

@testable import Simulator

@Suite struct SimulatedQuoteTests {
    private let pki: TEEPKI
    private let enclave: QuotingEnclave
    private let reportData = (0..<64).map { UInt8($0) }

    init() throws {
        pki = try TEEPKI(now: WallClock.now().seconds)
        enclave = try QuotingEnclave(under: pki)
    }

    private static let forms: [(UInt16, SimulatedQuote.Report)] = [
        (4, .version10), (5, .version10), (5, .version15),
    ]

    @Test(arguments: forms)
    func `a quote says what it was told`(version: UInt16, report: SimulatedQuote.Report) throws {
        var quote = SimulatedQuote(reportData: reportData)
        quote.version = version
        quote.report = report
        let bytes = try quote.signed(by: enclave)
        let parsed = try TDXQuote(bytes.span)
        #expect(parsed.version == Int(version))
        #expect(parsed.report == (report == .version10 ? .version10 : .version15))
        #expect(Array(bytes[parsed.reportData]) == reportData)
        #expect(Array(bytes[parsed.mrTD]) == quote.mrTD)
        #expect(Array(bytes[parsed.rtmr(3)]) == quote.rtmrs[3])
        #expect(Array(bytes[parsed.teeTCBSVN]) == quote.teeTCBSVN)
        #expect(parsed.attributes == quote.attributes)
        #expect(parsed.signatureData.upperBound == bytes.count)
    }

    @Test(arguments: forms)
    func `every signature of a quote holds`(
        version: UInt16, report: SimulatedQuote.Report
    ) throws {
        var quote = SimulatedQuote(reportData: reportData)
        quote.version = version
        quote.report = report
        let bytes = try quote.signed(by: enclave)
        let parsed = try TDXQuote(bytes.span)
        let data = Array(bytes[parsed.signatureData])
        let point = data[64..<128]
        #expect(
            OpenSSLVerification.holds(data[..<64], over: bytes[parsed.signed], byPoint: point))
        #expect(Array(data[128..<130]) == [6, 0])
        #expect(number(data[130..<134]) == data.count - 134)
        let own = data[134..<518]
        #expect(OpenSSLVerification.holds(data[518..<582], over: own, by: pki.pck.pem))
        #expect(number(data[582..<584]) == 32)
        let binding = Hash.sha256(Array(point) + Array(data[584..<616]))
        #expect(Array(own.dropFirst(320).prefix(32)) == binding)
        #expect(Array(data[616..<618]) == [5, 0])
        #expect(number(data[618..<622]) == data.count - 622)
        #expect(String(decoding: data[622...], as: UTF8.self) == pki.pckChainPEM)
    }

    private func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
