/// What is said of a meter's clock that is plainly wrong: once when it begins to differ from the times of
/// receipt, and once when they agree again.
struct ClockWarning {
  /// Whether the clock is wrong, as far as the last telegram tells.
  private(set) var isOff = false

  /// The greatest difference, in seconds, that is not said.
  private static let limit: Int64 = 3600
  /// The greatest difference at which both agree again. It is less than ``limit``, as a clock that is
  /// off by just an hour would be said every few seconds.
  private static let agreementLimit: Int64 = 3300

  /// Takes the time of one more telegram into account.
  ///
  /// - Parameter lead: how far the clock is ahead of the receipt, in seconds.
  /// - Returns: what is to be said; nil for nothing.
  mutating func note(_ lead: Int64) -> String? {
    let difference = abs(lead)
    guard difference > (isOff ? ClockWarning.agreementLimit : ClockWarning.limit) else {
      defer { isOff = false }
      return isOff ? "the meter's clock and the stamps agree again" : nil
    }
    defer { isOff = true }
    guard !isOff else { return nil }
    return """
      the meter's clock is \(ClockWarning.text(of: difference)) \(lead < 0 ? "behind" : "ahead of") the \
      stamps; --time receipt (P1_TIME=receipt) uses the stamps
      """
  }

  /// A time in the unit that fits: `61 days`, `3 hours`.
  private static func text(of seconds: Int64) -> String {
    let (unit, length) =
      seconds >= 2 * 86_400
      ? ("days", Int64(86_400)) : seconds >= 7200 ? ("hours", 3600) : ("minutes", 60)
    return "\(seconds / length) \(unit)"
  }
}
