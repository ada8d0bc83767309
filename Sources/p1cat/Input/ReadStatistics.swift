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
  /// Messages in HDLC or M-Bus frames that telegrams cannot be made of.
  var unknownMessages = 0
  /// Telegrams dropped because the reader of the output was too slow.
  var dropped = 0
  /// Telegrams that could not be written to the file of `--capture`; nil without that option.
  var captureFailures: Int?
  /// The clients, and the telegrams that they lost because they were too slow; nil without `--listen`.
  var clients: (count: Int, droppedCount: Int)?
  /// Nil without keys.
  var decryption: DecryptionStatistics?
  var reconnects = 0
  /// Errors of a serial line.
  var serialErrors = 0
  /// The longest time between two reads of the source.
  var longestUnread = Duration.zero
  var lastTelegram: ContinuousClock.Instant?

  /// What `--stats` and `--metrics-file` report.
  var counters: [Counter] {
    var counters = [
      Counter("telegrams", .total(telegrams), "Whole telegrams read."),
      Counter("bytes", .total(bytes), "Bytes read."),
      Counter("noise_bytes", .total(noiseBytes), "Bytes outside telegrams."),
      Counter(
        "checksum_failures", .total(checksumFailures),
        "Telegrams dropped for a wrong checksum or a damaged byte."),
      Counter(
        "resyncs", .total(resyncs), "Telegrams dropped because they are incomplete or too long."),
      Counter(
        "dropped", .total(dropped),
        "Telegrams dropped because the reader of the output was too slow."),
      Counter("reconnects", .total(reconnects), "Number of times that the source was reopened."),
      Counter(
        "line_faults", .total(serialErrors),
        "Bytes that a serial line lost, or received with a wrong stop or parity bit, if its driver counts them."
      ),
      Counter(
        "longest_unread", .duration(longestUnread),
        "The longest time between two reads of the source, in seconds."),
      Counter("last_telegram", .instant(lastTelegram), "the last telegram"),
      Counter(
        "unknown_messages", .total(unknownMessages),
        "Lists that p1cat does not know, and M-Bus frames without DLMS."
      ),
    ]
    if let captureFailures {
      counters.append(
        Counter(
          "capture_failures", .total(captureFailures),
          "With --capture: telegrams that could not be written to the file of their day."))
    }
    if let decryption {
      counters += [
        Counter(
          "decrypted", .total(decryption.decrypted), "With --key-file: frames that were decrypted."),
        Counter(
          "decryption_failures", .total(decryption.failures),
          "With --key-file: frames that gave no telegram."),
        Counter(
          "wrong_tags", .total(decryption.wrongTags), "With --key-file: wrong authentication tags."),
        Counter(
          "replays", .total(decryption.replays),
          "With --key-file: frames whose frame counter is not greater than an earlier one."),
      ]
    }
    if let clients {
      counters += [
        Counter("clients", .number(clients.count), "With --listen: clients that are connected."),
        Counter(
          "client_drops", .total(clients.droppedCount),
          "With --listen: telegrams that clients lost because they were too slow."),
      ]
    }
    return counters
  }
}
