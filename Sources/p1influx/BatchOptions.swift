import ArgumentParser
import Console

/// The options about how records go to the server.
struct BatchOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Send at most so many records at once.", valueName: "count"))
  var batchCount = 5000

  @Option(help: ArgumentHelp("Send at most so much at once.", valueName: "KiB"))
  var batchSize = 4096

  @Option(help: ArgumentHelp("Send a record after so long at the latest.", valueName: "seconds"))
  var batchAge = 0.5

  @Option(
    help: ArgumentHelp(
      "Send so many batches at once, of different meters.", valueName: "count"))
  var parallel = 1

  @Flag(
    inversion: .prefixedNo,
    help: "Compress what is sent (default: to another machine).")
  var gzip: Bool?

  @Option(
    help: ArgumentHelp("Try again where the server is silent for so long.", valueName: "seconds"))
  var timeout = 20

  @Option(
    help: ArgumentHelp(
      "Send again what was acknowledged so shortly before the server went (default: "
        + "$INFLUXDB_SETTLE or 0).", valueName: "seconds"))
  var settle: String?

  func validate() throws {
    guard (1...100_000).contains(batchCount) else {
      throw ValidationError("--batch-count takes a number from 1 to 100000")
    }
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("--batch-size takes a number of KiB from 1 to 65536")
    }
    guard (0...3600).contains(batchAge) else {
      throw ValidationError("--batch-age takes a number of seconds from 0 to 3600")
    }
    guard (1...64).contains(parallel) else {
      throw ValidationError("--parallel takes a number from 1 to 64")
    }
    guard (1...3600).contains(timeout) else {
      throw ValidationError("--timeout takes a number of seconds from 1 to 3600")
    }
  }

  func option(for setting: Setting) -> Environment.Option? {
    setting == .influxSettle ? .init("--settle", settle) : nil
  }

  /// - Parameter environment: the settings.
  /// - Returns: what they come to.
  /// - Throws: `Failure` for a setting that cannot be used.
  func limits(_ environment: Environment) throws -> InfluxLimits {
    let settle = try environment.number(.influxSettle, in: 0...3600) ?? 0
    return InfluxLimits(
      batchCount: batchCount, batchSize: batchSize << 10, batchAge: .seconds(batchAge),
      lanes: parallel, settling: .seconds(settle), silence: .seconds(timeout), compresses: gzip)
  }
}
