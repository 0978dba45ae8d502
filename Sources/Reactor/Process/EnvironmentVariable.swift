public import Bytes
import Glibc

/// A variable of the process's environment.
public enum EnvironmentVariable {
    public static func value(of name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }

    /// The variable's value, which is then wiped where it stood and removed: a secret that is not
    /// to be read from `/proc/PID/environ` or handed to a child.
    public static func take(_ name: String) -> Buffer? {
        guard let text = unsafe getenv(name) else { return nil }
        let byteCount = unsafe strlen(text)
        var value = Buffer()
        value.append(atMost: byteCount) { room in
            unsafe room.withUnsafeMutableBytes { room in
                if let base = room.baseAddress { unsafe memcpy(base, text, byteCount) }
            }
            return byteCount
        }
        unsafe explicit_bzero(text, byteCount)
        unsafe unsetenv(name)
        return value
    }
}
