import Foundation

/// The side of a web server of one connection; its calls wait, each on the same thread.
final class HTTPConnection {
  /// POLLRDHUP of Linux: the other side has ended the connection.
  private static let isLeft: Int16 = 0x2000

  private let descriptor: Int32
  private let number: Int
  /// What was read and belongs to the next request.
  private var rest: [UInt8] = []

  /// - Parameters:
  ///   - descriptor: a connection, which stays the caller's to close.
  ///   - number: what tells it from others.
  init(_ descriptor: Int32, number: Int) {
    self.descriptor = descriptor
    self.number = number
  }

  /// The next request; nil where the connection ends before it is whole.
  func readRequest() -> HTTPRequest? {
    let end = Array("\r\n\r\n".utf8)
    var searched = 0
    var headEnd: Int?
    while headEnd == nil {
      headEnd = rest.indices.dropFirst(searched).first { rest[$0...].starts(with: end) }
      searched = max(0, rest.count - end.count)
      if headEnd == nil, !readMore() { return nil }
    }
    let head = String(decoding: rest[..<(headEnd ?? 0)], as: UTF8.self)
    rest.removeFirst((headEnd ?? 0) + end.count)
    var lines = head.split(separator: "\r\n")
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

  /// Writes an answer.
  func write(_ status: Int, _ headers: [String: String], _ body: String) {
    var text = "HTTP/1.1 \(status) Scripted\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    // No body belongs to 204, nor its length.
    if status != 204 { text += "Content-Length: \(body.utf8.count)\r\n" }
    write(text + "\r\n" + (status == 204 ? "" : body))
  }

  /// Writes an answer without the second half of its body.
  func writeHalf(_ status: Int, _ body: String) {
    let text = "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
    write(text + String(body.prefix(body.count / 2)))
  }

  /// Waits, reading nothing, until either side has ended the connection.
  func waitUntilShut() {
    var interest = pollfd(fd: descriptor, events: Self.isLeft, revents: 0)
    while poll(&interest, 1, -1) < 0, errno == EINTR {}
  }

  private func readMore() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count: Int
    repeat { count = recv(descriptor, &buffer, buffer.count, 0) } while count < 0 && errno == EINTR
    guard count > 0 else { return false }
    rest += buffer[..<count]
    return true
  }

  private func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
