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
  /// When it was there as a whole.
  public let time: ContinuousClock.Instant

  /// The body as text.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// The lines of the body, without the empty ones.
  public var lines: [Substring] { text.split(separator: "\n") }

  /// The body as it was before it was compressed, by the program `gzip`.
  /// - Throws: `MissingProgram`, or `ProgramFailure`.
  public func unzipped() async throws -> String {
    try MissingProgram.check("/usr/bin/gzip", package: "gzip")
    return try await Program("/usr/bin/gzip", ["-dc"]).run(input: body).text
  }
}
