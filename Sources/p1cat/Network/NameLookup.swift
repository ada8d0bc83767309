import Glibc
import Synchronization
import SystemPackage

/// A question for the addresses of a host, asked on a thread of its own: the answer may take a
/// minute, and nothing is to wait for it meanwhile.
final class NameLookup: Sendable {
  /// Readable once there is an answer.
  let descriptor: FileDescriptor

  private let writeEnd: FileDescriptor
  private let host: String
  private let port: Int
  private let answer = Mutex<Result<[SocketAddress], LookupError>?>(nil)

  /// Asks.
  ///
  /// - Throws: `Errno` where there can be no thread, or no way to hear of its end.
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
          unsafe Unmanaged<NameLookup>.fromOpaque(held).takeRetainedValue().ask()
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

  /// The addresses; nil while there is no answer.
  ///
  /// - Throws: ``LookupError`` where there are none.
  func addresses() throws -> [SocketAddress]? {
    try answer.withLock { try $0?.get() }
  }

  private func ask() {
    let result = SocketAddress.all(of: host, port: port)
    answer.withLock { $0 = result }
    _ = try? writeEnd.writeAll([1])
  }
}
