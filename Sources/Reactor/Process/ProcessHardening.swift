import CLinux

/// What keeps a crash from leaving text or keys behind, and a storm from running out of
/// descriptors.
public enum ProcessHardening {
    /// No core dump is written, and other processes of the user may not look into this one's
    /// memory.
    public static func forbidDumps() throws(SystemError) {
        guard cl_forbid_dumps() == 0 else { throw .last("prctl") }
    }

    /// Gives each standard stream that the process was started without a place to go: else the next
    /// socket would get its number, and a peer what is written for the operator. To be called
    /// before anything is opened.
    public static func openStandardStreams() throws(SystemError) {
        guard cl_open_standard_streams() == 0 else { throw .last("open") }
    }

    /// As many descriptors as the system lets a process have.
    public static func raiseDescriptorLimit() throws(SystemError) {
        guard cl_raise_descriptor_limit() == 0 else { throw .last("setrlimit") }
    }
}
