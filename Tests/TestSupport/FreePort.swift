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
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
        }
      }
      guard result == 0 else { throw Errno(rawValue: errno) }
      return Int(UInt16(bigEndian: address.sin_port))
    }
  }
}
