import ArgumentParser
import CommandLine

/// The options about how records are sent to the server.
struct BatchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Send at most this many records in a request (default: $INFLUXDB_BATCH_COUNT or 5000).",
      valueName: "count"))
  var batchCount: String?

  @Option(
    help: ArgumentHelp(
      "Send at most this much in a request (default: $INFLUXDB_BATCH_SIZE or 4096).",
      valueName: "KiB"))
  var batchSize: String?

  @Option(
    help: ArgumentHelp(
      "Send a record at the latest after this time (default: $INFLUXDB_BATCH_AGE or 0.5).",
      valueName: "seconds"))
  var batchAge: String?

  @Option(
    help: ArgumentHelp(
      "Send this many requests in parallel, for different meters (default: $INFLUXDB_PARALLEL or 1).",
      valueName: "count"))
  var parallel: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Compress requests (default: $INFLUXDB_GZIP, or if the server is another machine).")
  var gzip: Bool?

  @Option(
    help: ArgumentHelp(
      "Retry if the server does not answer within this time (default: $INFLUXDB_TIMEOUT or 20).",
      valueName: "seconds"))
  var timeout: String?

  @Option(
    help: ArgumentHelp(
      "Send again what was acknowledged so shortly before the server went (default: "
        + "$INFLUXDB_SETTLE or 0).", valueName: "seconds"))
  var settle: String?

  func option(for setting: SettingName) -> Environment.Option? {
    switch setting {
    case .influxBatchCount: .init("--batch-count", batchCount)
    case .influxBatchSize: .init("--batch-size", batchSize)
    case .influxBatchAge: .init("--batch-age", batchAge)
    case .influxParallel: .init("--parallel", parallel)
    case .influxGzip: .init(gzip == false ? "--no-gzip" : "--gzip", gzip.map { "\($0)" })
    case .influxTimeout: .init("--timeout", timeout)
    case .influxSettle: .init("--settle", settle)
    default: nil
    }
  }

  /// - Parameter environment: the settings.
  /// - Returns: what they come to.
  /// - Throws: `Failure` for a setting that cannot be used.
  func limits(_ environment: Environment) throws -> InfluxLimits {
    var limits = InfluxLimits()
    if let count = try environment.number(.influxBatchCount, in: 1...100_000) {
      limits.batchCount = count
    }
    if let size = try environment.number(.influxBatchSize, in: 1...65_536) {
      limits.batchSize = size << 10
    }
    if let age = try environment.seconds(.influxBatchAge, in: 0...3600) { limits.batchAge = age }
    if let lanes = try environment.number(.influxParallel, in: 1...64) { limits.lanes = lanes }
    if let settle = try environment.number(.influxSettle, in: 0...3600) {
      limits.confirmationDelay = .seconds(settle)
    }
    if let timeout = try environment.number(.influxTimeout, in: 1...3600) {
      limits.responseTimeout = .seconds(timeout)
    }
    limits.compresses = try environment.flag(.influxGzip)
    guard limits.compresses != true || HTTPRequest.canCompress else {
      throw environment.refused(.influxGzip, "there is no zlib here: libz.so.1")
    }
    return limits
  }
}

/// When a batch is sent, how large it is, and how long an answer may take.
struct InfluxLimits {
  /// The most records of a batch.
  var batchCount = 5000
  /// The most bytes of a batch, but for a single record.
  var batchSize = 4 << 20
  /// How long after a batch the next one is sent at the latest.
  var batchAge = Duration.milliseconds(500)
  /// How many requests there may be at the same time.
  var lanes = 1
  /// How long after its acknowledgement a batch counts as delivered.
  var confirmationDelay = Duration.zero
  /// How long the server may send nothing.
  var responseTimeout = Duration.seconds(20)
  /// Whether requests are compressed; nil: only if the server is on another machine.
  var compresses: Bool?
}
