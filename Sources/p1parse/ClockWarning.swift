/// Warns once when a meter's clock begins to differ from the times of receipt, and once when they agree
/// again.
struct ClockWarning {
  /// Whether the clock was wrong at the last telegram.
  private(set) var isActive = false

  /// Smaller differences are ignored, in seconds.
  private static let limit: Int64 = 3600
  /// The difference at which both agree again. It is smaller than ``limit``, as a clock that is wrong by
  /// just an hour would otherwise be logged every few seconds.
  private static let agreementLimit: Int64 = 3300

  /// Notes the time of one more telegram.
  ///
  /// - Parameter lead: how far the clock is ahead of the time of receipt, in seconds.
  /// - Returns: the text of a message; nil for none.
  mutating func update(lead: Int64) -> String? {
    let difference = abs(lead)
    guard difference > (isActive ? ClockWarning.agreementLimit : ClockWarning.limit) else {
      defer { isActive = false }
      return isActive ? "the meter's clock and the stamps agree again" : nil
    }
    defer { isActive = true }
    guard !isActive else { return nil }
    return """
      the meter's clock is \(ClockWarning.text(of: difference)) \(lead < 0 ? "behind" : "ahead of") the \
      stamps; use --time receipt (P1_TIME=receipt) for records with the time of the stamps
      """
  }

  /// A time in a suitable unit: `61 days`, `3 hours`.
  private static func text(of seconds: Int64) -> String {
    let (unit, length) =
      seconds >= 2 * 86_400
      ? ("days", Int64(86_400)) : seconds >= 7200 ? ("hours", 3600) : ("minutes", 60)
    return "\(seconds / length) \(unit)"
  }
}
