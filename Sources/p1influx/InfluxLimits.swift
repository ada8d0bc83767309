/// When a batch is sent, how much of it, and how long an answer may take.
struct InfluxLimits {
  /// The most records of a batch.
  var batchCount = 5000
  /// The most bytes of a batch, but for a single record.
  var batchSize = 4 << 20
  /// How long after a batch the next one is sent at the latest.
  var batchAge = Duration.milliseconds(500)
  /// How many requests there may be at the same time.
  var lanes = 1
  /// How long the server is not believed that it has what it acknowledged.
  var settling = Duration.zero
  /// How long the server may be silent.
  var silence = Duration.seconds(20)
  /// Whether what is sent is compressed; nil where the server is on another machine.
  var compresses: Bool?
}
