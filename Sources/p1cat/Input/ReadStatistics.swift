import CommandLine
import Encryption

/// The counters of a run, from its start.
struct ReadStatistics {
  /// Whole telegrams read, including those dropped later because the reader of the output was too slow.
  var telegrams = 0
  /// Bytes read.
  var bytes = 0
  /// Bytes outside telegrams.
  var noiseBytes = 0
  /// Telegrams dropped for a wrong checksum or a damaged byte.
  var checksumFailures = 0
  /// Telegrams dropped because the next one began before their end, or because they are too long.
  var resyncs = 0
  var damagedTelegrams: Int { checksumFailures + resyncs }
  /// Telegrams dropped because the reader of the output was too slow.
  var dropped = 0
  /// Telegrams that could not be written to the file of `--capture`; nil without that option.
  var captureFailures: Int?
  /// Nil without keys.
  var decryption: DecryptionStatistics?
  var reconnects = 0
  /// Errors of a serial line.
  var serialErrors = 0
  /// The longest time between two reads of the source.
  var longestUnread = Duration.zero
  var lastTelegram: ContinuousClock.Instant?

  /// All counters as `name=value`, on one line without its end.
  func text(at now: ContinuousClock.Instant) -> String {
    let age = lastTelegram.map { (now - $0).inMilliseconds } ?? "none"
    let capture = captureFailures.map { " capture_failures=\($0)" } ?? ""
    let decryption =
      decryption.map {
        " decrypted=\($0.decrypted) decryption_failures=\($0.failures) wrong_tags=\($0.wrongTags) replays=\($0.replays)"
      } ?? ""
    return """
      telegrams=\(telegrams) bytes=\(bytes) noise_bytes=\(noiseBytes) \
      checksum_failures=\(checksumFailures) resyncs=\(resyncs) dropped=\(dropped) \
      reconnects=\(reconnects) line_faults=\(serialErrors) \
      longest_unread_s=\(longestUnread.inMilliseconds) last_telegram_age_s=\(age)\(capture)\(decryption)
      """
  }
}
