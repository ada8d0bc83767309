import Glibc
import Synchronization
import SystemPackage

/// Looks up the addresses of a host on its own thread, as this may take a minute and p1cat has to
/// answer signals in the meantime.
final class NameLookup: Sendable {
  /// Readable once the lookup is done.
  let descriptor: FileDescriptor

  private let writeEnd: FileDescriptor
  private let host: String
  private let port: Int
  private let result = Mutex<Result<[SocketAddress], LookupError>?>(nil)

  /// Starts the lookup.
  ///
  /// - Throws: `Errno` if no pipe or thread can be made.
  init(_ host: String, port: Int) throws(Errno) {
    self.host = host
    self.port = port
    do {
      let pipe = try FileDescriptor.pipe()
      descriptor = pipe.readEnd
      writeEnd = pipe.writeEnd
    } catch {
      throw error as? Errno ?? .ioError
    }
    var thread = pthread_t()
    let held = unsafe Unmanaged.passRetained(self)
    let status = unsafe pthread_create(
      &thread, nil,
      { held in
        if let held = unsafe held {
          unsafe Unmanaged<NameLookup>.fromOpaque(held).takeRetainedValue().run()
        }
        return nil
      }, held.toOpaque())
    guard status == 0 else {
      unsafe held.release()
      throw Errno(rawValue: status)
    }
    pthread_detach(thread)
  }

  deinit {
    try? descriptor.close()
    try? writeEnd.close()
  }

  /// The addresses; nil while the lookup runs.
  ///
  /// - Throws: ``LookupError`` if it failed.
  func addresses() throws -> [SocketAddress]? {
    try result.withLock { try $0?.get() }
  }

  private func run() {
    let addresses = SocketAddress.all(of: host, port: port)
    result.withLock { $0 = addresses }
    _ = try? writeEnd.writeAll([1])
  }
}
