/// Which frames are accepted, besides those that are right in every way.
public struct DecryptionPolicy {
  /// `--strict-tag`: whether a telegram needs a right tag, although its checksum is right.
  public var requiresTag = false
  /// `--reject-replay`: whether the counter of a meter has to grow.
  public var rejectsReplays = false
  /// `--no-check`: whether a text that begins like a telegram is one.
  public var acceptsDamage = false

  public init(requiresTag: Bool = false, rejectsReplays: Bool = false, acceptsDamage: Bool = false)
  {
    self.requiresTag = requiresTag
    self.rejectsReplays = rejectsReplays
    self.acceptsDamage = acceptsDamage
  }
}
