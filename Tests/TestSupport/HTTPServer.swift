import Foundation
import Synchronization
import SystemPackage

/// A web server (HTTP/1.1, connections kept) on the loopback address or a Unix socket, which answers
/// what a test has it answer, and remembers all that it was asked.
public final class HTTPServer: Sendable {
  /// What to answer to a request; called on a thread of the connection's own, which may wait.
  public typealias Script = @Sendable (HTTPRequest) -> HTTPAnswer

  /// Where it listens; 0 on a Unix socket.
  public let port: Int
  private let listener: Int32
  private let script: Script
  /// Whether it accepts connections, and reads nothing of them.
  private let isDeaf: Bool

  private struct State {
    var isClosed = false
    var open: Set<Int32> = []
    var connectionCount = 0
    var requests: [HTTPRequest] = []
    var exchanges: [HTTPExchange] = []
  }
  private let state = Mutex(State())

  /// Calls `body` with a server, which is closed at its end.
  /// - Parameters:
  ///   - isIPv6: whether it listens on ::1, else on 127.0.0.1.
  ///   - path: the Unix socket that it listens on instead.
  ///   - isDeaf: whether it accepts connections, and reads nothing of them.
  ///   - script: what it answers.
  ///   - body: what to do while it listens.
  /// - Returns: what `body` returned.
  /// - Throws: what `body` threw, or `Errno` where it cannot listen.
  public static func running<Result>(
    isIPv6: Bool = false, socket path: String? = nil, isDeaf: Bool = false,
    _ script: @escaping Script = { _ in .noContent },
    _ body: (HTTPServer) async throws -> Result
  ) async throws -> Result {
    let server = try HTTPServer(isIPv6: isIPv6, socket: path, isDeaf: isDeaf, script)
    defer { server.close() }
    return try await body(server)
  }

  private init(isIPv6: Bool, socket path: String?, isDeaf: Bool, _ script: @escaping Script) throws
  {
    let family = path != nil ? AF_UNIX : isIPv6 ? AF_INET6 : AF_INET
    listener = Foundation.socket(
      family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { throw Errno(rawValue: errno) }
    self.script = script
    self.isDeaf = isDeaf
    do {
      if let path {
        try Self.bind(listener, to: path)
        port = 0
      } else {
        port = try Loopback.bind(listener, isIPv6: isIPv6)
      }
      guard listen(listener, 64) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      Foundation.close(listener)
      throw error
    }
    Thread.detachNewThread { [self] in accept() }
  }

  private static func bind(_ socket: Int32, to path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw Errno.fileNameTooLong
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw Errno(rawValue: errno) }
  }

  // MARK: - What it was asked

  /// The requests that it has read, in order.
  public var requests: [HTTPRequest] { state.withLock { $0.requests } }

  /// The requests that it has answered, or would not, in the order of the answers.
  public var exchanges: [HTTPExchange] { state.withLock { $0.exchanges } }

  /// How many connections it has accepted.
  public var connectionCount: Int { state.withLock { $0.connectionCount } }

  /// The lines of all bodies that it has said to have taken, in order.
  public var takenLines: [Substring] {
    exchanges.filter(\.answer.isSuccess).flatMap(\.request.lines)
  }

  /// Waits until a condition on the server holds.
  /// - Parameters:
  ///   - limit: how long to wait.
  ///   - condition: asked every 5 ms.
  /// - Throws: `Unmet` where it does not come to hold.
  public func wait(
    within limit: Duration = .seconds(30), until condition: (HTTPServer) -> Bool
  ) async throws {
    let holds = try await Deadline(in: limit).poll(every: .milliseconds(5)) { condition(self) }
    if !holds { throw Unmet(exchanges) }
  }

  /// A condition that did not come to hold.
  public struct Unmet: Error, CustomStringConvertible {
    public let description: String

    init(_ exchanges: [HTTPExchange]) {
      let seen = exchanges.suffix(20).map { exchange in
        let request = exchange.request
        return "\(request.method) \(request.target) \(request.text.prefix(200)): \(exchange.answer)"
      }
      description =
        "not so within the limit, after \(exchanges.count) requests:\n"
        + seen.joined(separator: "\n")
    }
  }

  /// Refuses who connects from now on, and ends all connections; doing so twice is no error.
  public func close() {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.isClosed = true
      // The threads that wait on them wake up, and close them.
      shutdown(listener, Int32(SHUT_RDWR))
      for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
    }
  }

  // MARK: - Connections

  private func accept() {
    signal(SIGPIPE, SIG_IGN)
    while true {
      let connection = Foundation.accept(listener, nil, nil)
      guard connection >= 0 else {
        if state.withLock(\.isClosed) { break }
        // Interrupted, or too many open files.
        usleep(1000)
        continue
      }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      let number = state.withLock { state -> Int? in
        guard !state.isClosed else { return nil }
        state.open.insert(connection)
        state.connectionCount += 1
        return state.connectionCount
      }
      guard let number else {
        Foundation.close(connection)
        break
      }
      Thread.detachNewThread { [self] in
        serve(HTTPConnection(connection, number: number))
        state.withLock { state in
          state.open.remove(connection)
          // Not before, or somebody else's connection would get its number.
          Foundation.close(connection)
        }
      }
    }
    Foundation.close(listener)
  }

  private func serve(_ connection: HTTPConnection) {
    if isDeaf { return connection.waitUntilShut() }
    while let request = connection.readRequest() {
      state.withLock { $0.requests.append(request) }
      let answer = script(request)
      state.withLock { $0.exchanges.append(HTTPExchange(request: request, answer: answer)) }
      switch answer {
      case .status(let status, let headers, let body):
        connection.write(status, headers, body)
      case .half(let status, let body):
        connection.writeHalf(status, body)
        return
      case .close: return
      case .silence: return connection.waitUntilShut()
      }
    }
  }
}
