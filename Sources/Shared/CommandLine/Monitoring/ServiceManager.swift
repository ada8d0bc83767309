import Glibc
import SystemPackage

/// systemd, or another service manager that wants to know the state of the tool, by the datagrams of
/// sd_notify(3). Sends nothing if none asked for it.
public struct ServiceManager {
  /// How often ``pingWatchdog()`` has to be called: half the timeout of the watchdog; nil if there is none.
  public let watchdogInterval: Duration?

  /// Whether the process runs in a service. There, one thing that is missing at the start must not keep the rest
  /// from working, as nobody reads the error; the status tells it.
  public static var isPresent: Bool { processVariable("NOTIFY_SOCKET") != nil }

  private let socket: FileDescriptor?

  /// Reads `NOTIFY_SOCKET`, and `WATCHDOG_USEC` if that is meant for this process.
  public init() {
    socket = processVariable("NOTIFY_SOCKET").flatMap(ServiceManager.connect(to:))
    let isMeant = processVariable("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
    let longest = processVariable("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
    watchdogInterval =
      socket != nil && isMeant && longest > 0 ? .microseconds(longest) / 2 : nil
  }

  /// Tells the manager that the tool has started. The manager kills a tool from which it does not get this
  /// message, so the tool waits up to five seconds until the manager can receive it.
  public func notifyReady() {
    guard let socket else { return }
    _ = try? wait(for: [.writing(socket)], until: .now + .seconds(5))
    say("READY=1")
  }

  /// Tells the watchdog that the tool is not stuck.
  public func pingWatchdog() { say("WATCHDOG=1") }

  /// Tells that the tool is about to exit.
  public func notifyStopping() { say("STOPPING=1") }

  /// Tells what the tool does, for people who ask for its status.
  public func notifyStatus(_ state: String) { say("STATUS=\(state)") }

  private func say(_ text: String) {
    guard let socket else { return }
    var bytes = [UInt8](text.utf8)
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    _ = unsafe send(socket.rawValue, &bytes, bytes.count, flags)
  }

  /// - Parameter name: a path, or `@` and the name of an abstract socket (unix(7)).
  /// - Returns: a connected socket; nil if nobody listens.
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
