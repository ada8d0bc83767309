/// The counters of a run.
public struct DecryptionStatistics {
  public internal(set) var decrypted = 0
  /// Frames that gave no telegram: damaged, without their key, or rejected.
  public internal(set) var failures = 0
  public internal(set) var wrongTags = 0
  /// Frames whose counter is not greater than the greatest so far of their meter.
  public internal(set) var replays = 0
}
