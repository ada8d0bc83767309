import ArgumentParser
import CommandLine
import Records

/// The value of `--utc-offset`, such as `2` or `+02:00`: how far the clock of a meter is ahead of UTC in
/// winter.
struct UTCOffset: ExpressibleByArgument {
  let seconds: Int

  /// The range of the world's time zones.
  private static let hours = -12...14

  init?(argument: String) {
    let isNegative = argument.hasPrefix("-")
    let isSigned = isNegative || argument.hasPrefix("+")
    let parts = argument.dropFirst(isSigned ? 1 : 0)
      .split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.count == 1 || parts[1].utf8.count == 2,
      parts.allSatisfy({
        (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy { $0.decimalDigit != nil }
      }),
      let hours = Int(parts[0]), let minutes = parts.count == 1 ? 0 : Int(parts[1]), minutes < 60
    else {
      return nil
    }
    let seconds = (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
    let limits = UTCOffset.hours
    guard (limits.lowerBound * 3600...limits.upperBound * 3600).contains(seconds) else {
      return nil
    }
    self.seconds = seconds
  }

  /// The offset of the environment; nil if it has none.
  init?(_ environment: Environment) throws {
    guard let text = environment.string(.utcOffset) else { return nil }
    guard let offset = UTCOffset(argument: text) else {
      throw environment.refused(.utcOffset, "\"\(text)\" is no offset such as +02:00")
    }
    self = offset
  }
}
