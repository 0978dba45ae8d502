import Bytes
import E2EE

// What a verification document says of software and GPUs.

extension AttestationReport {
    /// Lines for people.
    var softwareLines: [String] {
        var lines: [String] = []
        if let seen = measurements {
            lines += [
                "mr_td      \(hex(seen.mrTD))", "rtmr1      \(hex(seen.rtmrs[1]))",
                "rtmr2      \(hex(seen.rtmrs[2]))",
            ]
            lines += [
                ("os image", seen.osImageHash), ("app", seen.appID), ("compose", seen.composeHash),
                ("KMS root", seen.kmsRoot ?? []),
            ].filter { !$0.1.isEmpty }.map { name, value in
                name + String(repeating: " ", count: 11 - name.count) + hex(value)
            }
        }
        if let gpu, gpu.isAccepted { lines.append("GPUs       \(gpu.summary)") }
        lines += warnings.map { "WARNING    \($0.message) (\($0.name))" }
        lines += mismatches.map { "DIFFERS    \($0.description)" }
        if approval != nil, mismatches.contains(where: \.isRefused) {
            lines.append("approve    e2ee-proxy verify \(model) --approve")
        }
        return lines
    }

    /// Members of the document, each behind a comma.
    func writeSoftware(to output: inout Buffer) {
        output.append(#","measurements":"#)
        if let measurements {
            write(measurements, to: &output)
        } else {
            output.append("null")
        }
        output.append(#","warnings":["#)
        for (index, warning) in warnings.enumerated() {
            if index > 0 { output.append(.ascii(",")) }
            output.append(#"{"name":"\#(warning.name)","message":"#)
            output.append(jsonString: warning.message)
            output.append(.ascii("}"))
        }
        output.append(#"],"mismatches":["#)
        for (index, mismatch) in mismatches.enumerated() {
            if index > 0 { output.append(.ascii(",")) }
            output.append(#"{"subject":"\#(mismatch.subject.rawValue)","#)
            output.append(#""refused":\#(mismatch.isRefused),"differences":["#)
            for (index, difference) in mismatch.differences.enumerated() {
                if index > 0 { output.append(.ascii(",")) }
                output.append(#"{"field":"\#(difference.field)","seen":"#)
                output.append(jsonString: difference.seen)
                output.append(.ascii("}"))
            }
            output.append("]}")
        }
        output.append(.ascii("]"))
        writeGPUs(to: &output)
    }

    private func write(_ seen: Measurements, to output: inout Buffer) {
        let registers = seen.rtmrs.map { "\"\(hex($0))\"" }.joined(separator: ",")
        output.append(#"{"mr_seam":"\#(hex(seen.mrSEAM))","mr_td":"\#(hex(seen.mrTD))","#)
        output.append(#""rtmrs":[\#(registers)],"mr_config_id":"\#(hex(seen.mrConfigID))","#)
        output.append(
            #""os_image_hash":"\#(hex(seen.osImageHash))","app_id":"\#(hex(seen.appID))","#)
        output.append(#""compose_hash":"\#(hex(seen.composeHash))","#)
        output.append(#""kms_root":\#(seen.kmsRoot.map { "\"\(hex($0))\"" } ?? "null")}"#)
    }

    private func writeGPUs(to output: inout Buffer) {
        output.append(#","gpus":["#)
        for (index, device) in (gpu?.devices ?? []).enumerated() {
            if index > 0 { output.append(.ascii(",")) }
            output.append(#"{"chip":"#)
            output.append(jsonString: device.chip ?? "")
            output.append(#","driver":"#)
            output.append(jsonString: device.driverVersion ?? "")
            output.append(#","vbios":"#)
            output.append(jsonString: device.vbiosVersion ?? "")
            output.append(#","failure":\#(device.failure.map { "\"\($0.name)\"" } ?? "null")}"#)
        }
        output.append(.ascii("]"))
    }

    private func hex(_ bytes: [UInt8]) -> String { Hex.string(bytes.span) }
}
