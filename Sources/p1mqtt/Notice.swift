import Console

/// Something about topics that the user should know.
struct Notice {
  let text: String
  /// What makes two notices the same one said again.
  let kind: String

  /// That meters were forgotten as there is no room to remember more, where it was not said yet.
  ///
  /// - Parameters:
  ///   - count: how many, in all.
  ///   - said: of how many that was said.
  /// - Returns: the notice, or none.
  static func ofForgotten(_ count: Int, since said: inout Int) -> [Notice] {
    guard count > said else { return [] }
    said = count
    let text = "\(counted(count, "meter")) forgotten up to now, silent for longest: no more room"
    return [Notice(text: "\(text) (--buffer)", kind: "forgotten")]
  }
}
