import Glibc

/// A variable of the process's environment.
public enum EnvironmentVariable {
    public static func value(of name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }

    /// The variable's value, which is then wiped where it stood and removed: a secret that is not
    /// to be read from `/proc/PID/environ` or handed to a child.
    public static func take(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        unsafe explicit_bzero(text, strlen(text))
        unsafe unsetenv(name)
        return value
    }
}
