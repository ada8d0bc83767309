/// A request and what was answered to it.
public struct HTTPExchange: Sendable {
  public let request: HTTPRequest
  public let answer: HTTPAnswer
}
