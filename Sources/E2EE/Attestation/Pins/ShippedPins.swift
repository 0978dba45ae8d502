extension Pins {
    /// What comes with the program: the software of Venice's providers as genuine quotes showed it.
    /// `shipped-pins.json` has the values, each with its source.
    public static let shipped: Pins = {
        let json = PackageResources.shipped_pins_json
        do throws(PinsError) { return try Pins(json: json.span) } catch {
            preconditionFailure("the shipped pins: \(error)")
        }
    }()
}
