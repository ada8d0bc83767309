import Glibc
import SystemPackage

/// systemd, or whatever else started the tool and wants to know how it is, by the datagrams of
/// sd_notify(3). Says nothing where nobody asked.
public struct ServiceManager {
  /// How often ``isAlive()`` has to be called: half of what would be too long; nil for never.
  public let watchdogInterval: Duration?

  private let socket: FileDescriptor?

  /// Asks the environment: `NOTIFY_SOCKET`, and `WATCHDOG_USEC` where that is meant for this process.
  public init() {
    socket = processVariable("NOTIFY_SOCKET").flatMap(ServiceManager.connect(to:))
    let isMeant = processVariable("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
    let longest = processVariable("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
    watchdogInterval =
      socket != nil && isMeant && longest > 0 ? .microseconds(longest) / 2 : nil
  }

  /// The start is over. Without this one the manager would give the tool up, so it is waited for a
  /// manager that is busy.
  public func isReady() {
    guard let socket else { return }
    _ = try? wait(for: [.writing(socket)], until: .now + .seconds(5))
    say("READY=1")
  }

  /// The tool is not stuck.
  public func isAlive() { say("WATCHDOG=1") }

  /// The end has begun.
  public func isStopping() { say("STOPPING=1") }

  /// What the tool is at, for people.
  ///
  /// - Parameter state: a line.
  public func isDoing(_ state: String) { say("STATUS=\(state)") }

  private func say(_ text: String) {
    guard let socket else { return }
    var bytes = [UInt8](text.utf8)
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    _ = unsafe send(socket.rawValue, &bytes, bytes.count, flags)
  }

  /// - Parameter name: a path, or `@` and a name that is in no folder.
  /// - Returns: a socket that sends there; nil where nobody listens.
  private static func connect(to name: String) -> FileDescriptor? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var path = [UInt8](name.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard path.count > 1, path.count < room,
      [UInt8(ascii: "/"), UInt8(ascii: "@")].contains(path[0])
    else {
      return nil
    }
    if path[0] == UInt8(ascii: "@") { path[0] = 0 }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size - room + path.count)
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { return nil }
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, length)
      }
    }
    guard result == 0 else {
      close(descriptor)
      return nil
    }
    return FileDescriptor(rawValue: descriptor)
  }
}
