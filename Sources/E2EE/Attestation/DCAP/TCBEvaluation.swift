import Bytes

/// Finds the levels that a platform, its TDX module and its quoting enclave reach, and joins the
/// three judgements into one. Source: Intel DCAP Quote Verification Library, `QuoteVerifier`,
/// `TdxModuleCheck`, `TDRelaunchCheck`.
struct TCBEvaluation {
    let info: TCBInfo
    let platform: PCKExtension
    /// Of the quoting enclave.
    let enclave: TCBJudgement

    /// The judgement on a TD that started on modules of version `launch`, and runs on those of
    /// version `current` where its report tells. Modules that nobody knows or that were revoked
    /// refuse it at either time.
    /// - Throws: `.tcbNotSupported` where the platform or the module is older than all levels;
    ///   `.tdxModuleUnknown`.
    func judgement(
        launch: [UInt8], current: [UInt8]?
    ) throws(AttestationError) -> TCBJudgement {
        var judgement = try converged(launch)
        guard let current else { return judgement }
        let status = try converged(current).status
        if status == .revoked {
            judgement.status = .revoked
        } else if judgement.status.isOutOfDate, !status.isOutOfDate {
            let needsConfiguration =
                judgement.status.needsConfiguration || status.needsConfiguration
            judgement.status =
                needsConfiguration ? .tdRelaunchAdvisedConfigurationNeeded : .tdRelaunchAdvised
        }
        return judgement
    }

    /// - `svn`: the sixteen versions of TDX components: module, its major version, loader, …
    private func converged(_ svn: [UInt8]) throws(AttestationError) -> TCBJudgement {
        // A module of its own identity is judged by that one and not by the platform's levels.
        let first = svn[1] > 0 ? 2 : 0
        let level = info.levels.first { level in
            level.pceSVN <= platform.pceSVN
                && (0..<16).allSatisfy { level.sgxComponents[$0] <= platform.components[$0] }
                && (first..<16).allSatisfy { level.tdxComponents[$0] <= svn[$0] }
        }
        guard var judgement = level?.judgement else { throw .tcbNotSupported }
        if svn[1] > 0 {
            guard let module = info.module(ofVersion: svn[1]) else { throw .tdxModuleUnknown }
            guard let own = module.levels.judgement(on: Int(svn[0])) else {
                throw .tcbNotSupported
            }
            judgement.join(own)
        }
        judgement.join(enclave)
        return judgement
    }
}

extension TCBJudgement {
    /// Takes in the judgement on a part of the platform.
    fileprivate mutating func join(_ part: TCBJudgement) {
        status = status.converged(with: part.status)
        date = min(date, part.date)
        advisories.formUnion(part.advisories)
    }
}

extension TCBStatus {
    /// A platform's status once a part of it has another one. A part that is neither up to date
    /// nor revoked counts as out of date.
    fileprivate func converged(with part: TCBStatus) -> TCBStatus {
        switch part {
        case .upToDate: return self
        case .revoked: return .revoked
        default: break
        }
        switch self {
        case .upToDate, .swHardeningNeeded: return .outOfDate
        case .configurationNeeded, .configurationAndSWHardeningNeeded:
            return .outOfDateConfigurationNeeded
        default: return self
        }
    }
}
