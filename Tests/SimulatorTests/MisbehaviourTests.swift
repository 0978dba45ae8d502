import E2EE
import HTTP
import Simulator
import Testing

@Suite struct MisbehaviourTests {
    private static let simulator = Result { try Simulator.start(allowsMisbehaviour: true) }

    private var conversation: Conversation {
        get throws { Conversation(simulator: try Self.simulator.get()) }
    }

    @Test func `models are named after what they do`() {
        #expect(Misbehaviour.wrongReportDataNonce.model == "e2ee-bad-wrong-report-data-nonce")
        #expect(Misbehaviour.status401.model == "e2ee-bad-status-401")
        #expect(Misbehaviour.attestation500.model == "e2ee-bad-attestation-500")
        #expect(Misbehaviour.notJSON.model == "e2ee-bad-not-json")
        #expect(Misbehaviour.version3.model == "e2ee-bad-version-3")
        for misbehaviour in Misbehaviour.allCases {
            #expect(Misbehaviour(model: misbehaviour.model) == misbehaviour)
        }
    }

    @Test(
        arguments: [
            (Misbehaviour.wrongNonce, AttestationError.nonceMismatch),
            (.wrongReportDataNonce, .nonceMismatch), (.swappedKey, .keyNotBound),
            (.swappedAddress, .addressMismatch), (.dirtyPadding, .reportDataMalformed),
            (.debug, .debugTD), (.sgx, .notTDX), (.version3, .quoteVersionNotSupported(3)),
            (.truncatedQuote, .quoteTruncated(byteCount: 1000)), (.notHex, .quoteMalformed),
            (.unverified, .notVerified), (.verifiedMissing, .notVerified),
            (.otherModel, .modelMismatch), (.keyOffCurve, .keyMalformed),
            (.compressedKey, .keyMalformed), (.keysDiffer, .keysDiffer), (.noKey, .keyMissing),
            (.noQuote, .quoteMissing), (.statementForm, .statementFormNotSupported),
            (.notJSON, .notJSON(offset: 0)), (.expired, .expired),
        ])
    func `bad evidence is refused by name`(
        misbehaviour: Misbehaviour, refusal: AttestationError
    ) throws {
        #expect(throws: refusal) { try conversation.verifiedKey(of: misbehaviour.model) }
    }

    @Test(
        arguments: [
            (Misbehaviour.attestation500, 500), (.attestation429, 429),
            (.attestationRedirect, 307),
        ])
    func `evidence can be refused with a status`(misbehaviour: Misbehaviour, status: Int) throws {
        var entropy = SystemEntropy()
        let nonce = try AttestationNonce(from: &entropy)
        let answer = try conversation.attestation(of: misbehaviour.model, nonce: nonce)
        #expect(answer.status == status)
    }

    @Test(
        arguments: [
            (Misbehaviour.status401, 401), (.status402, 402), (.status403, 403),
            (.status404, 404), (.status413, 413), (.status422, 422), (.status429, 429),
            (.status500, 500), (.status503, 503), (.status504, 504), (.redirect, 307),
        ])
    func `an answer can be a status alone`(misbehaviour: Misbehaviour, status: Int) throws {
        #expect(try conversation.chat(misbehaviour.model, "hi").answer.status == status)
    }

    @Test(
        arguments: [
            (Misbehaviour.alteredTag, E2EEError.forged), (.wrongKey, .forged),
            (.clearText, .notHex), (.shortEnvelope, .tooShort), (.repeatedEnvelope, .repeated),
        ])
    func `a bad envelope does not open`(misbehaviour: Misbehaviour, failure: E2EEError) throws {
        let result = try conversation.chat(misbehaviour.model, "one two three")
        #expect(result.failure == failure)
        #expect(result.text == "one ")
    }

    @Test(
        arguments: [
            Misbehaviour.byteByByte, .manyPerRecord, .crlf, .comments, .noDone, .unknownFinish,
            .noFinish, .clearToolCalls, .twoChoices, .hugeLine,
        ])
    func `an answer in an odd form still has its text`(misbehaviour: Misbehaviour) throws {
        let result = try conversation.chat(misbehaviour.model, "one two")
        #expect(result.answer.end == .complete)
        #expect(result.text == "one two")
        #expect(result.isDone == (misbehaviour != .noDone))
        switch misbehaviour {
        case .noFinish: #expect(result.finish == nil)
        case .unknownFinish: #expect(result.finish == "because")
        default: #expect(result.finish == "stop")
        }
    }

    @Test func `a character can be split over two envelopes`() throws {
        let result = try conversation.chat(Misbehaviour.splitCharacter.model, "one two")
        #expect(result.text == "one 😀two")
    }

    @Test(
        arguments: [
            (Misbehaviour.cutMidway, Answer.End.cut), (.closeMidway, .closed),
            (.stallMidway, .timedOut), (.badChunkSize, .malformed(.badChunk)),
        ])
    func `an answer can end before its time`(misbehaviour: Misbehaviour, end: Answer.End) throws {
        let result = try conversation.chat(misbehaviour.model, "one two", milliseconds: 300)
        #expect(result.answer.end == end)
        #expect(result.text == "one ")
    }

    @Test func `an answer can be no answer at all`() throws {
        let stalled = try conversation.chat(
            Misbehaviour.stallBeforeHead.model, "hi", milliseconds: 200)
        #expect(stalled.answer.end == .timedOut)
        #expect(stalled.answer.status == 0)
        let garbage = try conversation.chat(Misbehaviour.garbage.model, "hi")
        guard case .malformed = garbage.answer.end else {
            Issue.record("garbage was read as an answer")
            return
        }
    }

    @Test func `errors come as events, at once or after some text`() throws {
        let first = try conversation.chat(Misbehaviour.errorFirst.model, "one two")
        #expect(first.hasError)
        #expect(first.content.isEmpty)
        let midway = try conversation.chat(Misbehaviour.errorMidway.model, "one two")
        #expect(midway.hasError)
        #expect(midway.text == "one ")
    }

    @Test func `a key goes stale once, or at every request`() throws {
        let once = Misbehaviour.staleKeyOnce.model
        let old = try conversation.verifiedKey(of: once)
        #expect(try conversation.chat(once, with: old, "hi").answer.status == 400)
        #expect(try conversation.chat(once, with: old, "hi").answer.status == 400)
        #expect(try conversation.chat(once, "hi").text == "hi")
        let always = Misbehaviour.staleKeyAlways.model
        for _ in 0..<3 {
            let result = try conversation.chat(always, "hi")
            #expect(result.answer.text.contains("e2ee_model_key_mismatch"))
        }
    }

    @Test func `bad models are listed where they are allowed`() throws {
        let answer = try conversation.send("GET /api/v1/models")
        for misbehaviour in Misbehaviour.allCases {
            #expect(answer.text.contains(#""id":"\#(misbehaviour.model)""#))
        }
    }
}
