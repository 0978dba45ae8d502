/// Where a user's programs keep their files. Source: XDG Base Directory Specification, version 0.8.
public enum UserFolders {
    /// What can be made again; nil where the user has no home.
    public static var cache: String? { folder("XDG_CACHE_HOME", orInHome: ".cache") }
    /// What should outlive the process.
    public static var state: String? { folder("XDG_STATE_HOME", orInHome: ".local/state") }
    /// What the user wrote, or approved.
    public static var configuration: String? { folder("XDG_CONFIG_HOME", orInHome: ".config") }

    private static func folder(_ variable: String, orInHome place: String) -> String? {
        let name = "/e2ee-proxy"
        // A relative path there is to be ignored, says the specification.
        if let folder = EnvironmentVariable.value(of: variable), folder.hasPrefix("/") {
            return folder + name
        }
        guard let home = EnvironmentVariable.value(of: "HOME"), home.hasPrefix("/") else {
            return nil
        }
        return (home == "/" ? "" : home) + "/" + place + name
    }
}
