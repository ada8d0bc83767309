import ArgumentParser
import Delivery
import SystemPackage

/// The options of a sink about what waits for its server.
public struct OutboxOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep what waits in this directory, and not in memory alone.", valueName: "directory"))
  public var spool: String?

  @Option(
    help: ArgumentHelp(
      "The most that waits there; beyond it the oldest goes.", valueName: "MiB"))
  public var spoolSize = 64

  @Option(
    help: ArgumentHelp(
      "Have the disk keep what waits for longer than this.", valueName: "seconds"))
  public var sync = 5.0

  @Option(
    help: ArgumentHelp(
      "The most that waits in memory; beyond it the oldest goes.", valueName: "MiB"))
  public var buffer = 16

  @Flag(help: "Read no more while what waits has no room, rather than drop the oldest.")
  public var hold = false

  public init() {}

  public func validate() throws {
    guard spool != "" else { throw ValidationError("--spool takes the name of a directory") }
    guard (1...1_048_576).contains(spoolSize) else {
      throw ValidationError("--spool-size takes a number of MiB from 1 to 1048576")
    }
    guard (0...3600).contains(sync) else {
      throw ValidationError("--sync takes a number of seconds from 0 to 3600")
    }
    guard (1...4096).contains(buffer) else {
      throw ValidationError("--buffer takes a number of MiB from 1 to 4096")
    }
  }

  /// The outbox that the options ask for.
  ///
  /// - Parameters:
  ///   - setting: the setting that names the directory of the spool.
  ///   - environment: where that is looked up.
  /// - Returns: the outbox, and what messages call it.
  /// - Throws: ``Failure`` where there can be no spool.
  public func outbox(
    _ setting: Setting, in environment: Environment
  ) throws -> (outbox: any Outbox, name: String) {
    guard let path = environment.string(setting) else {
      return (MemoryOutbox(capacity: buffer << 20), "buffer")
    }
    let limits = SpoolLimits(
      capacity: spoolSize << 20, memory: buffer << 20, sync: .seconds(sync))
    do {
      return (try Spool(SpoolDirectory(path), limits, at: .now), path)
    } catch let refusal as SpoolDirectory.Refusal where refusal.isInUse {
      throw Failure(path, "in use by another process", .temporaryFailure)
    } catch let refusal as SpoolDirectory.Refusal {
      throw Failure(path, refusal.errno, .cannotCreate)
    } catch let errno as Errno {
      throw Failure(path, errno, .cannotCreate)
    }
  }
}
