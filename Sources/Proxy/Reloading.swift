import E2EE
import Logging
import Reactor

// What can be read again while the proxy runs.

extension ProxyServer where System: ~Copyable {
    /// Reads keys, certificates and pins anew. Where one of them cannot be used, everything stays
    /// as it is, and the log says why.
    mutating func reload(on loop: inout EventLoop<System>) {
        guard let reread else {
            return log.notice("there is nothing to read again")
        }
        supervisor.tell(.reloading)
        defer { supervisor.tell(.ready) }
        do throws(ConfigurationError) {
            var fresh = configuration
            fresh.renew(from: try reread())
            _ = try fresh.checked()
            try take(fresh, on: &loop)
            log.notice("keys, certificates and pins were read again")
        } catch {
            log.error(
                "nothing was changed: settings could not be read again",
                metadata: ["reason": "\(error)"])
        }
    }

    private mutating func take(
        _ fresh: Configuration, on loop: inout EventLoop<System>
    ) throws(ConfigurationError) {
        if configuration.needsTLS {
            do throws(TLSError) { tls = try TLSContext(trusting: fresh.trust) } catch {
                throw .badSetting(.caFile, "it holds no certificates that could be read")
            }
        }
        configuration = fresh
        surface.inboundKey = fresh.inboundKey
        provider = ProviderAPI(configuration)
        // Whatever was trusted by the old pins is judged anew.
        verifier = Verifier(configuration.attestationPolicy)
        enclaves.forgetKeys()
        for model in verifications.keys { verifications[model]?.isOutdated = true }
        trustNumber += 1
        // Whoever is connected was trusted by the old certificates.
        for link in pool.takeAll() { dropLink(link, on: &loop) }
    }
}
