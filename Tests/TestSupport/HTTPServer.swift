import Synchronization

/// A web server (HTTP/1.1, connections kept) on the loopback address or a Unix socket, which answers
/// what a test has it answer, and remembers all that it was asked.
public final class HTTPServer: Sendable {
  /// What to answer to a request; called on a thread of the connection's own, which may wait.
  public typealias Script = @Sendable (HTTPRequest) -> HTTPAnswer

  private let listener: ThreadedListener
  private let script: Script
  /// Whether it accepts connections, and reads nothing of them.
  private let isDeaf: Bool

  private struct State {
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
    listener = try ThreadedListener(isIPv6: isIPv6, socket: path)
    self.script = script
    self.isDeaf = isDeaf
    listener.start { [self] in serve(HTTPConnection($0, number: $1)) }
  }

  /// Where it listens; 0 on a Unix socket.
  public var port: Int { listener.port }

  // MARK: - What it was asked

  /// The requests that it has read, in order.
  public var requests: [HTTPRequest] { state.withLock { $0.requests } }

  /// The requests that it has answered, or would not, in the order of the answers.
  public var exchanges: [HTTPExchange] { state.withLock { $0.exchanges } }

  /// How many connections it has accepted.
  public var connectionCount: Int { listener.connectionCount }

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
  public func close() { listener.close() }

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
