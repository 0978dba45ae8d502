import Bytes
import E2EE
import HTTP
import Logging
public import Reactor

// The way of evidence: reply → read → collateral → judged → key. Reading and judging cost
// milliseconds and happen off the loop's thread.

/// One model's evidence on its way.
struct Verification: Sendable {
    let number: Int
    let nonce: AttestationNonce
    let reading: EvidenceReading
    /// What it was judged by.
    var circumstances: Circumstances?
    var nras = NRASProgress.settled(.notAsked)
    /// The service's keys were fetched for it already.
    var hasFreshKeys = false
    /// Pins or policy were read again since it is judged.
    var isOutdated = false
    /// It waits for collateral.
    var isWaiting = false
    /// Collateral was fetched for it already: what does not hold by that does not hold.
    var hasFreshCollateral = false
}

/// A reply taken apart, and what lies in the cache for its platform.
struct EvidenceReading: Sendable {
    let evidence: Evidence
    /// nil where no collateral is needed.
    let platform: QuotedPlatform?
    let stored: StoredCollateral?
    /// The reply it was read from.
    let reply: [UInt8]
}

/// Work off the loop's thread, by what follows from it.
enum Job {
    case reading(
        model: String, nonce: AttestationNonce, Handover<Result<EvidenceReading, AttestationError>>)
    case judging(model: String, verification: Int, Handover<AttestationReport>)
    case storing(what: String, Handover<SystemError>)
}

extension ProxyServer where System: ~Copyable {
    /// Evidence has arrived: reads it.
    mutating func read(
        _ reply: consuming ProviderReply, of model: String, nonce: AttestationNonce,
        on loop: inout EventLoop<System>
    ) {
        let body = reply.body.readable.array
        let (verifier, now) = (verifier, loop.wallClock)
        let isFull = configuration.verification == .full
        let (folder, known) = (configuration.cacheFolder, collateral.platforms)
        let handover = Handover<Result<EvidenceReading, AttestationError>>()
        let work = loop.perform {
            do throws(AttestationError) {
                let evidence = try Evidence(body.span)
                let platform = isFull ? try verifier.platform(of: evidence, at: now) : nil
                var stored: StoredCollateral?
                if let platform, let folder, !known.contains(platform) {
                    stored = StoredCollateral(in: folder, for: platform)
                }
                handover.put(
                    .success(
                        EvidenceReading(
                            evidence: evidence, platform: platform, stored: stored, reply: body)))
            } catch {
                handover.put(.failure(error))
            }
        }
        jobs.insert(.reading(model: model, nonce: nonce, handover), at: work)
    }

    public mutating func finished(_ work: Token, on loop: inout EventLoop<System>) {
        switch jobs.remove(work) {
        case .reading(let model, let nonce, let handover):
            switch handover.take() {
            case .success(let reading):
                verificationCount += 1
                verifications[model] = Verification(
                    number: verificationCount, nonce: nonce, reading: reading)
                if let platform = reading.platform, let stored = reading.stored {
                    collateral.restore(stored, of: platform)
                }
                askNRAS(about: model, on: &loop)
                gather(for: model, on: &loop)
            case .failure(let error):
                let report = AttestationReport(refusing: model, error)
                enclaves.reported(report)
                tell(model, report, nil)
                refuse(model, error, on: &loop)
            case nil: preconditionFailure("work that left nothing")
            }
        case .judging(let model, let number, let handover):
            guard let report = handover.take() else { preconditionFailure("no judgement") }
            guard verifications[model]?.number == number else { return }
            judged(model, report, on: &loop)
        case .storing(let what, let handover):
            guard let error = handover.take() else { return }
            log.warning("\(what) could not be stored", metadata: ["reason": "\(error.reason)"])
        case nil: return
        }
    }

    /// Goes on with evidence when there is everything that judging it needs.
    mutating func gather(for model: String, on loop: inout EventLoop<System>) {
        guard let verification = verifications[model], !verification.isWaiting else { return }
        guard let platform = verification.reading.platform else {
            return judge(model, by: nil, on: &loop)
        }
        switch collateral.look(platform, at: loop.now, wallClock: loop.wallClock) {
        case .ready(let found): judge(model, by: found, on: &loop)
        case .renewing(let found):
            fetchCollateral(of: platform, on: &loop)
            judge(model, by: found, on: &loop)
        case .waiting:
            verifications[model]?.isWaiting = true
            collateral.wait(for: platform, model)
        case .start:
            collateral.wait(for: platform, model)
            verifications[model]?.isWaiting = true
            verifications[model]?.hasFreshCollateral = true
            fetchCollateral(of: platform, on: &loop)
        case .failed(let error):
            verifications[model] = nil
            giveUp(on: model, error, of: &loop)
        }
    }

    private mutating func judge(
        _ model: String, by found: Collateral?, on loop: inout EventLoop<System>
    ) {
        guard let verification = verifications[model],
            case .settled(let answer) = verification.nras
        else { return }
        var circumstances = Circumstances(now: loop.wallClock)
        circumstances.nras = answer
        circumstances.collateral = found
        if let platform = verification.reading.platform {
            circumstances.minimumEvaluation = floor.minimum(for: platform)
        }
        verifications[model]?.circumstances = circumstances
        let (verifier, evidence) = (verifier, verification.reading.evidence)
        let (nonce, all) = (verification.nonce, circumstances)
        let handover = Handover<AttestationReport>()
        let work = loop.perform {
            handover.put(verifier.report(on: evidence, model: model, nonce: nonce, in: all))
        }
        jobs.insert(
            .judging(model: model, verification: verification.number, handover), at: work)
    }

    private mutating func judged(
        _ model: String, _ report: AttestationReport, on loop: inout EventLoop<System>
    ) {
        guard let verification = verifications[model] else { return }
        if verification.isOutdated {
            verifications[model]?.isOutdated = false
            return gather(for: model, on: &loop)
        }
        let platform = verification.reading.platform
        let used = verification.circumstances?.collateral
        if let platform, let used, report.failure?.isOfCollateral == true {
            collateral.discard(used, of: platform, at: loop.now)
            if !verification.hasFreshCollateral { return gather(for: model, on: &loop) }
        }
        if retriesNRASKeys(report, model, on: &loop) { return }
        verifications[model] = nil
        enclaves.reported(report)
        if let circumstances = verification.circumstances {
            let record = EvidenceRecord(
                model: model, nonce: verification.nonce, reply: verification.reading.reply,
                circumstances: circumstances)
            tell(model, report, record)
        }
        if let platform, let used, let verdict = report.quote {
            note(verdict, by: used, of: platform, on: &loop)
        }
        guard let key = report.key else {
            return refuse(model, report.failure ?? .notVerified, on: &loop)
        }
        reportVerified(key, report)
        if let seen = report.measurements { note(seen, of: model, on: &loop) }
        wake(enclaves.verified(key, at: loop.now, wallClock: loop.wallClock), on: &loop)
    }

    /// Announces a text that the model's app was not seen to run before, and records it.
    private mutating func note(
        _ seen: Measurements, of model: String, on loop: inout EventLoop<System>
    ) {
        guard software.note(seen, at: loop.wallClock) else { return }
        log.notice(
            "software seen for the first time",
            metadata: [
                "model": "\(model)", "app": "\(Hex.string(seen.appID.span))",
                "compose hash": "\(Hex.string(seen.composeHash.span))",
            ])
        let software = software
        store("the software seen", on: &loop) { () throws(SystemError) in try software.save() }
    }

    /// Remembers what a verdict says of the collateral it held by.
    private mutating func note(
        _ verdict: QuoteVerdict, by used: Collateral, of platform: QuotedPlatform,
        on loop: inout EventLoop<System>
    ) {
        guard verdict.status != nil, let expiresAt = verdict.expiresAt else { return }
        let proven = collateral.confirmed(used, of: platform, until: expiresAt)
        if let proven, let folder = configuration.cacheFolder {
            store("collateral", on: &loop) { () throws(SystemError) in
                try proven.write(to: folder, for: platform)
            }
        }
        guard let seen = verdict.evaluation, floor.raise(for: platform, to: seen) else { return }
        let floor = floor
        store("the collateral's age", on: &loop) { () throws(SystemError) in try floor.save() }
    }

    private mutating func refuse(
        _ model: String, _ error: AttestationError, on loop: inout EventLoop<System>
    ) {
        verifications[model] = nil
        // Whatever was trusted before: now it is known to be otherwise.
        enclaves.forgetKey(of: model)
        log.error(
            "attestation refused: nothing is sent to this model",
            metadata: ["model": "\(model)", "reason": "\(error.name)"])
        giveUp(on: model, APIError(error), of: &loop)
    }

    /// Writes something to the disk, which may take its time.
    private mutating func store(
        _ what: String, on loop: inout EventLoop<System>,
        _ write: @escaping @Sendable () throws(SystemError) -> Void
    ) {
        let handover = Handover<SystemError>()
        let work = loop.perform {
            do throws(SystemError) { try write() } catch { handover.put(error) }
        }
        jobs.insert(.storing(what: what, handover), at: work)
    }
}

// MARK: Collateral

extension ProxyServer where System: ~Copyable {
    private mutating func fetchCollateral(
        of platform: QuotedPlatform, on loop: inout EventLoop<System>
    ) {
        let fetch = collateral.began(platform)
        let source = CollateralSource(url: configuration.collateralURL)
        for part in CollateralPart.allCases {
            let (origin, target) = source.location(of: part, for: platform)
            send(
                Fetch.get(target, from: origin), to: origin,
                for: .collateral(part, platform, fetch: fetch),
                on: &loop)
        }
    }

    /// A document of `platform`'s collateral has arrived, or what was said instead.
    mutating func fetched(
        _ part: CollateralPart, of platform: QuotedPlatform, in fetch: Int,
        _ reply: consuming ProviderReply, on loop: inout EventLoop<System>
    ) {
        guard collateral.isFetching(platform, fetch) else { return }
        guard reply.status == 200 else {
            return collateralFailed(platform, in: fetch, reply.refusal, on: &loop)
        }
        do throws(AttestationError) {
            let isComplete = try collateral.fetched(
                part, of: platform, reply.body.readable.array, chain: reply.issuerChain ?? [],
                wallClock: loop.wallClock)
            guard isComplete else { return }
            log.info(
                "collateral fetched", metadata: ["fmspc": "\(Hex.string(platform.fmspc.span))"])
            for model in collateral.takeWaiters(platform) {
                verifications[model]?.isWaiting = false
                gather(for: model, on: &loop)
            }
        } catch {
            collateralFailed(platform, in: fetch, APIError(error), on: &loop)
        }
    }

    /// A document could not be had. Whoever has collateral that is good for now goes on with it.
    mutating func collateralFailed(
        _ platform: QuotedPlatform, in fetch: Int, _ error: APIError,
        on loop: inout EventLoop<System>
    ) {
        guard collateral.isFetching(platform, fetch) else { return }
        log.warning("collateral could not be fetched", metadata: ["reason": "\(error.code)"])
        let final = APIError.collateralUnavailable
        collateral.failed(platform, with: final, at: loop.now)
        for model in collateral.takeWaiters(platform) {
            verifications[model] = nil
            giveUp(on: model, final, of: &loop)
        }
    }
}
