import CommandLine
import Delivery
import SystemPackage

/// The outbox of a sink, and the records that were left for it elsewhere.
public struct SinkStorage {
  public let outbox: any Outbox
  /// What messages call the outbox.
  public let name: String
  let leftovers: Leftovers?
  /// Why there is no spool although there should be one, with its directory.
  private(set) var problem: String?

  /// Opens the spool of `--spool`, else that of the sink in `--state`, else a buffer in memory.
  ///
  /// - Parameter usesSpool: whether records may go to a spool; values may not, as they carry no time.
  /// - Throws: ``Failure`` where the directory of `--spool` cannot be made, or another process uses the
  ///   spool.
  public init(_ settings: SinkSettings, usesSpool: Bool = true, _ messages: Messages) throws {
    let limits = settings.limits
    let statePath = settings.statePath
    let path = usesSpool ? settings.spoolPath : nil
    let leftoverPath = usesSpool && path == nil || path == statePath ? nil : statePath
    let leftovers = leftoverPath.flatMap { SinkStorage.leftovers(in: $0, limits, messages) }
    if let path {
      self.init(try SinkStorage.spool(path, limits), path, leftovers)
      return
    }
    var noSpool: String?
    if usesSpool, let statePath {
      do {
        self.init(try SinkStorage.spool(statePath, limits), statePath, nil)
        return
      } catch let failure as Failure where failure.exitStatus != .temporaryFailure {
        let reason = "\(failure.reason); keeping records in memory only"
        messages.say(.warning, failure.subject, reason)
        noSpool = "\(statePath): \(reason)"
      }
    }
    self.init(MemoryOutbox(capacity: limits.memory), "buffer", leftovers)
    problem = noSpool
  }

  /// Opens the spool of `--spool`, or if it is not set or cannot be used, that of `--state`. The next run finds
  /// the records in both.
  ///
  /// - Throws: ``Failure`` if neither is set, or the directory cannot be used.
  init(spoolingIn settings: SinkSettings) throws {
    let paths = [settings.spoolPath, settings.statePath].compactMap(\.self)
    guard let last = paths.last else {
      throw Failure("--spool-only", "it needs a spool; set --state or --spool", .usage)
    }
    if let path = paths.dropLast().first, let spool = try? SinkStorage.spool(path, settings.limits)
    {
      self.init(spool, path, nil)
      return
    }
    self.init(try SinkStorage.spool(last, settings.limits), last, nil)
  }

  private init(_ outbox: any Outbox, _ name: String, _ leftovers: Leftovers?) {
    self.outbox = outbox
    self.name = name
    self.leftovers = leftovers
  }

  /// The records in a directory; nil where there are none.
  private static func leftovers(
    in path: String, _ limits: SpoolLimits, _ messages: Messages
  ) -> Leftovers? {
    let names = (try? fileNames(in: path)) ?? []
    // Segments are files named by 16 digits; what else is there is no reason to lock the directory.
    guard names.contains(where: { $0.utf8.count == 16 && UInt64($0) != nil }) else { return nil }
    do {
      return Leftovers(try spool(path, limits), at: path)
    } catch let failure as Failure {
      messages.say(.warning, failure.subject, "\(failure.reason); its records stay there")
    } catch {
      messages.say(.warning, path, "\(error); its records stay there")
    }
    return nil
  }

  private static func spool(_ path: String, _ limits: SpoolLimits) throws -> Spool {
    do {
      return try Spool(SpoolDirectory(path), limits, at: .now)
    } catch let error as SpoolDirectory.OpenError where error.isInUse {
      throw Failure(
        path, "in use by another process; stop it, or use another directory", .temporaryFailure)
    } catch let error as SpoolDirectory.OpenError {
      throw Failure(path, error.errno, .cannotCreate)
    } catch let errno as Errno {
      throw Failure(path, errno, .cannotCreate)
    }
  }
}
