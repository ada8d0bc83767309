import Foundation

/// The program curl as a client of a web server on 127.0.0.1.
public struct HTTPClient: Sendable {
  public let port: Int
  public let login: Login?

  public init(port: Int, login: Login? = nil) {
    self.port = port
    self.login = login
  }

  public struct Response: Sendable {
    /// 0 if there was no answer.
    public let status: Int
    public let body: String
  }

  /// A GET, or a POST if there is a body.
  public func request(
    _ path: String, query: [String: String] = [:], body: String? = nil,
    within limit: Duration = .seconds(10)
  ) async throws -> Response {
    let items = query.map { "\(Self.escape($0))=\(Self.escape($1))" }.joined(separator: "&")
    let arguments = [
      "--silent", "--noproxy", "*", "--max-time", "\(limit.components.seconds)",
      "--write-out", "\n%{http_code}",
    ]
    let user = login.map { ["--user", "\($0.user):\($0.password)"] } ?? []
    let post = body == nil ? [] : ["--data-binary", "@-"]
    let url = "http://127.0.0.1:\(port)\(path)" + (items.isEmpty ? "" : "?" + items)
    let result = try await Program("curl", arguments + user + post + [url])
      .run(input: body ?? "", within: limit + .seconds(5))
    let parts = result.text.split(separator: "\n", omittingEmptySubsequences: false)
    return Response(
      status: parts.last.flatMap { Int($0) } ?? 0,
      body: parts.dropLast().joined(separator: "\n"))
  }

  private static func escape(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }
}

/// An answer with which a test cannot go on.
public struct HTTPFailure: Error, CustomStringConvertible {
  public let description: String

  public init(_ response: HTTPClient.Response) {
    description = "status \(response.status): \(response.body)"
  }
}
