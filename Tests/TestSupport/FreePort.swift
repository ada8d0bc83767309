import Foundation
import SystemPackage

/// Port numbers of the loopback address.
public enum FreePort {
  /// Ports that nobody uses at this moment, no two of them equal.
  ///
  /// They lie below those that the kernel gives to whoever connects somewhere, so that they stay free
  /// while a server is away. Somebody else may take one all the same, so a start has to be tried again.
  public static func find(_ count: Int) throws -> [Int] {
    var sockets: [Int32] = []
    defer { for descriptor in sockets { close(descriptor) } }
    return try (0..<count).map { _ in
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard descriptor >= 0 else { throw Errno(rawValue: errno) }
      sockets.append(descriptor)
      for _ in 0..<100 {
        do {
          return try Loopback.bind(descriptor, port: .random(in: 10_000..<32_000))
        } catch Errno.addressInUse {
          continue
        }
      }
      throw Errno.addressInUse
    }
  }
}
