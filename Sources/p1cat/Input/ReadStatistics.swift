import CommandLine

/// What is counted while a source is read, since the beginning.
struct ReadStatistics {
  /// Telegrams that were found, with what was dropped of them as nobody read it.
  var telegrams = 0
  /// Bytes that came.
  var bytes = 0
  /// Bytes that belong to no telegram.
  var noiseBytes = 0
  /// Telegrams that were dropped as their checksum is wrong, or a byte is damaged.
  var checksumFailures = 0
  /// Telegrams that were dropped as the next one began before they were whole, or as they are too long.
  var resyncs = 0
  /// Telegrams that were dropped for what they are.
  var refused: Int { checksumFailures + resyncs }
  /// Telegrams that were dropped as nobody read them.
  var dropped = 0
  /// Telegrams that could not be kept in the file of their day; nil where none are to be.
  var captureFailures: Int?
  /// How often the source was opened again.
  var reconnects = 0
  /// Bytes that the receiver of a serial line says it lost or got damaged.
  var lineFaults = 0
  /// For how long at most nobody looked at the source.
  var longestUnread = Duration.zero
  /// When the last telegram came; nil before the first one.
  var lastTelegram: ContinuousClock.Instant?

  /// All of them in a line, as `name=value`.
  ///
  /// - Parameter now: what the age of the last telegram is told by.
  /// - Returns: the line, without its end.
  func text(at now: ContinuousClock.Instant) -> String {
    let age = lastTelegram.map { (now - $0).inMilliseconds } ?? "none"
    let capture = captureFailures.map { " capture_failures=\($0)" } ?? ""
    return """
      telegrams=\(telegrams) bytes=\(bytes) noise_bytes=\(noiseBytes) \
      checksum_failures=\(checksumFailures) resyncs=\(resyncs) dropped=\(dropped) \
      reconnects=\(reconnects) line_faults=\(lineFaults) \
      longest_unread_s=\(longestUnread.inMilliseconds) last_telegram_age_s=\(age)\(capture)
      """
  }
}
