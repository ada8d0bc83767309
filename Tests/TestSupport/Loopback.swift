import Foundation
import SystemPackage

/// The loopback address, 127.0.0.1 and ::1.
public enum Loopback {
  /// Binds a socket to a port of it.
  /// - Parameters:
  ///   - socket: one of AF_INET6 where `isIPv6`, else of AF_INET.
  ///   - port: which, or 0 for one that is free.
  ///   - isIPv6: whether to ::1, else to 127.0.0.1.
  /// - Returns: the port.
  /// - Throws: `Errno` if that is not possible, such as where somebody else has it.
  public static func bind(_ socket: Int32, port: Int = 0, isIPv6: Bool = false) throws -> Int {
    var address = sockaddr_in6()
    var length: socklen_t
    if isIPv6 {
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_addr = in6addr_loopback
      address.sin6_port = UInt16(port).bigEndian
      length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    } else {
      length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutableBytes(of: &address) { bytes in
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        four.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        four.sin_port = UInt16(port).bigEndian
        withUnsafeBytes(of: &four) { bytes.copyMemory(from: $0) }
      }
    }
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.bind(socket, $0, length) == 0 ? getsockname(socket, $0, &length) : -1
      }
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
    // The port is at the same place in both forms.
    return Int(UInt16(bigEndian: address.sin6_port))
  }
}
