/// Something about topics that the user should know.
struct Notice {
  let text: String
  /// What makes two notices the same one said again.
  let kind: String
}
