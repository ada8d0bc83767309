import Foundation
import SystemPackage

/// The loopback address, 127.0.0.1 and ::1.
public enum Loopback {
  /// Binds a socket to a port, 0 for any free one, of ::1 where `isIPv6`, else of 127.0.0.1.
  /// - Returns: the port.
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
    // The port is at the same offset in sockaddr_in and sockaddr_in6.
    return Int(UInt16(bigEndian: address.sin6_port))
  }

  /// Opens a socket that listens on a port.
  /// - Parameters:
  ///   - port: 0 for any free port.
  ///   - backlog: how many connections may wait to be accepted, and one.
  static func listen(
    port: Int, isIPv6: Bool, backlog: Int32, flags: UInt32 = 0
  ) throws -> (descriptor: Int32, port: Int) {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | flags)
    let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, type, 0)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    do {
      let port = try bind(descriptor, port: port, isIPv6: isIPv6)
      guard Foundation.listen(descriptor, backlog) == 0 else { throw Errno(rawValue: errno) }
      return (descriptor, port)
    } catch {
      close(descriptor)
      throw error
    }
  }
}

public enum FreePort {
  /// Different ports of the loopback address that are free now.
  ///
  /// They are below the range that the kernel gives to clients, so that they stay free while a server is
  /// stopped. Another process may still take one, so `Server.launch` tries a start again.
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
