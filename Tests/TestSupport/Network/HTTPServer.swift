import Foundation
import Synchronization

/// A web server (HTTP/1.1, keep-alive) on the loopback address or a Unix socket that answers as a test
/// scripts it and keeps all requests. Tests run dozens at once, which is why it is not a python3.
public final class HTTPServer: Sendable {
  /// The answer to a request; called on the thread of the connection, which it may block.
  public typealias Script = @Sendable (HTTPRequest) -> HTTPAnswer

  private let listener: ThreadedListener
  private let script: Script
  private let isDeaf: Bool

  private struct State {
    var requests: [HTTPRequest] = []
    var exchanges: [HTTPExchange] = []
  }
  private let state = Mutex(State())

  /// Calls `body` with a server, which is closed at its end.
  /// - Parameters:
  ///   - path: a Unix socket to listen on instead of a port.
  ///   - isDeaf: whether it accepts connections and never reads from them.
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

  /// 0 on a Unix socket.
  public var port: Int { listener.port }

  // MARK: - Received data

  public var requests: [HTTPRequest] { state.withLock { $0.requests } }

  /// The requests with their answers, in the order of the answers.
  public var exchanges: [HTTPExchange] { state.withLock { $0.exchanges } }

  public var connectionCount: Int { listener.connectionCount }

  /// The lines of all bodies that it has accepted, in order.
  public var acceptedLines: [Substring] {
    exchanges.filter(\.answer.isSuccess).flatMap(\.request.lines)
  }

  /// Waits until a condition holds, asked every 5 ms.
  /// - Throws: `ConditionNotMet`, with the latest requests, after the limit.
  public func wait(
    within limit: Duration = .seconds(30), until condition: (HTTPServer) -> Bool
  ) async throws {
    let holds = try await Deadline(in: limit).poll(every: .milliseconds(5)) { condition(self) }
    let seen = exchanges.map { exchange in
      let request = exchange.request
      return "\(request.method) \(request.target) \(request.text.prefix(200)): \(exchange.answer)"
    }
    if !holds { throw ConditionNotMet(within: limit, seen: seen) }
  }

  /// Ends all connections and rejects new ones; doing so twice is no error.
  public func close() { listener.close() }

  private func serve(_ connection: HTTPConnection) {
    if isDeaf { return connection.socket.waitForHangUp() }
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
      case .silence: return connection.socket.waitForHangUp()
      }
    }
  }
}

/// A request that a scripted web server has read.
public struct HTTPRequest: Sendable {
  /// The connection that it came on, counted from 1.
  public let connection: Int
  public let method: String
  /// The path and the query; from a client that takes the server for a proxy, the whole URL.
  public let target: String
  /// The values of the headers by their names in lower case.
  public let headers: [String: String]
  /// The body as it was sent.
  public let body: [UInt8]
  /// When its last byte had arrived.
  public let time: ContinuousClock.Instant

  public var text: String { String(decoding: body, as: UTF8.self) }

  /// The lines of the body, without the empty ones.
  public var lines: [Substring] { text.split(separator: "\n") }
}

public enum HTTPAnswer: Sendable, Equatable {
  /// A complete answer; the connection is kept.
  case status(Int, headers: [String: String] = [:], body: String = "")
  /// The first half of a body, and the end of the connection.
  case half(Int, body: String)
  /// The end of the connection.
  case close
  /// No answer, on a connection that stays open.
  case silence

  /// The answer of a database that has written all points.
  public static let noContent = HTTPAnswer.status(204)

  /// An error as InfluxDB reports it.
  public static func error(
    _ status: Int, _ reason: String, headers: [String: String] = [:]
  ) -> HTTPAnswer {
    .status(status, headers: headers, body: "{\"error\":\"\(reason)\"}\n")
  }

  public var isSuccess: Bool {
    if case .status(200..<300, _, _) = self { true } else { false }
  }
}

/// A request and its answer.
public struct HTTPExchange: Sendable {
  public let request: HTTPRequest
  public let answer: HTTPAnswer
}

/// The requests and answers of one connection.
private final class HTTPConnection {
  let socket: Socket
  private let number: Int
  /// The bytes after the last request.
  private var rest: [UInt8] = []

  init(_ socket: Socket, number: Int) {
    self.socket = socket
    self.number = number
  }

  /// The next request; nil where the connection ends before the request does.
  func readRequest() -> HTTPRequest? {
    var headEnd: Range<Int>?
    while headEnd == nil {
      headEnd = rest.firstRange(of: "\r\n\r\n".utf8)
      if headEnd == nil, !readMore() { return nil }
    }
    guard let headEnd else { return nil }
    var lines = String(decoding: rest[..<headEnd.lowerBound], as: UTF8.self)
      .split(separator: "\r\n")
    rest.removeFirst(headEnd.upperBound)
    let first = lines.removeFirst().split(separator: " ")
    guard first.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] =
        parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
    }
    let count = headers["content-length"].flatMap { Int($0) } ?? 0
    while rest.count < count { if !readMore() { return nil } }
    defer { rest.removeFirst(count) }
    return HTTPRequest(
      connection: number, method: String(first[0]), target: String(first[1]), headers: headers,
      body: Array(rest[..<count]), time: .now)
  }

  private func readMore() -> Bool {
    let more = socket.read()
    rest += more
    return !more.isEmpty
  }

  func write(_ status: Int, _ headers: [String: String], _ body: String) {
    var text = "HTTP/1.1 \(status) Scripted\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    // A 204 has neither a body nor its length (RFC 9110, 8.6).
    if status != 204 { text += "Content-Length: \(body.utf8.count)\r\n" }
    socket.write(Array((text + "\r\n" + (status == 204 ? "" : body)).utf8))
  }

  /// Writes an answer without the second half of its body.
  func writeHalf(_ status: Int, _ body: String) {
    let text = "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
    socket.write(Array((text + body.prefix(body.count / 2)).utf8))
  }
}
