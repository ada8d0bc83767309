import CommandLine

/// Something about topics that the user should know.
struct Notice {
  let text: String
  /// What makes two notices the same one said again.
  let kind: String

  /// Reports meters that were forgotten because the buffer is full, unless that was reported before.
  ///
  /// - Parameters:
  ///   - count: how many, in all.
  ///   - said: the count that was reported last.
  /// - Returns: the notice, or none.
  static func ofForgotten(_ count: Int, since said: inout Int) -> [Notice] {
    guard count > said else { return [] }
    said = count
    let text = "\(counted(count, "meter")) forgotten up to now, those silent longest: no room"
    return [Notice(text: "\(text); raise --buffer", kind: "forgotten")]
  }
}
