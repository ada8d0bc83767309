import CommandLine

/// When a batch is sent, how large it is, and how long an answer may take.
struct InfluxLimits {
  /// The most records of a batch.
  let batchCount: Int
  /// The most bytes of a batch, but for a single record.
  let batchSize: Int
  /// How long after a batch the next one is sent at the latest.
  let batchAge: Duration
  /// How many requests there may be at the same time.
  let lanes: Int
  /// How long after its acknowledgement a batch counts as delivered.
  let confirmationDelay: Duration
  /// How long the server may send nothing.
  let responseTimeout: Duration
  /// Whether requests are compressed; nil: only if the server is on another machine.
  let compresses: Bool?

  init(_ settings: Settings) throws {
    let group = BatchGroup()
    batchCount = try settings[group.count]
    batchSize = try settings[group.size] << 10
    batchAge = try settings[group.age]
    lanes = try settings[group.parallel]
    confirmationDelay = try settings[group.settle]
    responseTimeout = try settings[group.timeout]
    compresses = try settings[group.gzip]
  }
}
