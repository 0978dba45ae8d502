/// One input for the target the process was started for; libFuzzer calls this for each. The name
/// stands in the environment, since the command line is libFuzzer's own.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: byteCount))
    FuzzTarget.chosen.run(input)
    return 0
}
