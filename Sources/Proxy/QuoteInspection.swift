import Bytes
import E2EE
import Reactor

/// Verifies single quotes for the command line: reads what is needed and renders the verdict.
public struct QuoteInspection: Sendable {
    /// Why there is no verdict.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private let verifier: DCAPVerifier
    private let isRootReplaced: Bool

    /// - `rootFile`: a certificate in DER to trust in the place of Intel's; nil for Intel's own.
    public init(rootFile: String?) throws(Failure) {
        isRootReplaced = rootFile != nil
        guard let rootFile else {
            verifier = DCAPVerifier()
            return
        }
        verifier = DCAPVerifier(root: try Self.read(rootFile))
    }

    /// The verdict on the quote in one file (raw bytes) by the collateral in another (JSON).
    /// - `seconds`: Unix seconds; nil for now.
    public func report(
        quoteFile: String, collateralFile: String, at seconds: Int?
    ) throws(Failure) -> QuoteReport {
        let quote = try Self.read(quoteFile)
        let collateral = try Self.read(collateralFile)
        return report(on: quote, collateral, at: seconds)
    }

    /// The verdict on one line of many: `{"quote":HEX,"collateral":{…},"at":UNIX_SECONDS}`, where
    /// `at` may be missing; or why there is none, as `{"error":TEXT}`.
    public func answer(to line: String) -> String {
        let json = Array(line.utf8)
        guard (try? JSONDocument.check(json.span)) != nil,
            let root = JSONDocument.root(of: json.span),
            let digits = root.member("quote", in: json.span)?.text(in: json.span),
            let quote = Hex.bytes(digits.utf8Span.span),
            let collateral = root.member("collateral", in: json.span)
        else { return #"{"error":"not a line with a quote and its collateral"}"# }
        let seconds = root.member("at", in: json.span)?.decimal(in: json.span)
        return report(on: quote, json.span.extracting(collateral.range).array, at: seconds).json
    }

    private func report(
        on quote: [UInt8], _ collateral: [UInt8], at seconds: Int?
    ) -> QuoteReport {
        let verdict: QuoteVerdict
        do throws(AttestationError) {
            verdict = verifier.verdict(
                quote: quote.span, collateral: try Collateral(collateral.span),
                at: seconds ?? WallClock.now().seconds)
        } catch {
            verdict = QuoteVerdict(failure: error)
        }
        return QuoteReport(verdict, isRootReplaced: isRootReplaced)
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        let content: Buffer
        do throws(SmallFile.Failure) { content = try SmallFile.read(path, isSecret: false) } catch {
            throw Failure(description: "\(path): \(reason(error))")
        }
        return content.readable.array
    }

    private static func reason(_ failure: SmallFile.Failure) -> String {
        switch failure {
        case .unreadable(let error): "\(error.reason)"
        case .noFile: "it is not a file"
        case .tooLarge(let limit): "it has more than \(limit) bytes"
        case .openToOthers: "others may read it"
        }
    }
}
