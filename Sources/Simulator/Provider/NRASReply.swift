extension Reply {
    /// What NVIDIA's attestation service would answer, below `SimulatedProvider.nrasPath`.
    /// - `now`: Unix seconds.
    static func nras(
        _ request: ReceivedRequest, _ path: Substring, by service: SimulatedNRAS, now: Int
    ) -> Reply {
        switch (path, request.isGet, request.isPost) {
        case ("/.well-known/jwks.json", true, _): return json(service.keys)
        case ("/v3/attest/gpu", _, true):
            do throws(SimulatorError) {
                guard let answer = try service.answer(to: request.body, now: now) else {
                    return failure(status: 400)
                }
                return json(answer)
            } catch {
                return failure(status: 502)
            }
        default: return failure(status: 404)
        }
    }
}
