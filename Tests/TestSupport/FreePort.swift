import Foundation
import SystemPackage

/// Port numbers of the loopback address.
enum FreePort {
  /// Ports that nobody uses at this moment, no two of them equal.
  ///
  /// Somebody may take one before the server does, so a start has to be tried again.
  static func find(_ count: Int) throws -> [Int] {
    var sockets: [Int32] = []
    defer { for descriptor in sockets { close(descriptor) } }
    return try (0..<count).map { _ in
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard descriptor >= 0 else { throw Errno(rawValue: errno) }
      sockets.append(descriptor)
      return try Loopback.bind(descriptor)
    }
  }
}
