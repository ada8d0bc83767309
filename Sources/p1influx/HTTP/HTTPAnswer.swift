/// How a request ended.
enum HTTPAnswer: Equatable {
  /// The server's answer: the status, the beginning of what it said, and the time that it asked to
  /// be left alone for, zero where it did not.
  case status(Int, text: String, retryAfter: Duration)
  /// There was no answer.
  case failure(String)

  /// As a message says it.
  var description: String {
    switch self {
    case .status(let status, let text, _):
      let line = text.split(whereSeparator: \.isNewline).first ?? ""
      return "HTTP \(status)" + (line.isEmpty ? "" : ": \(line)")
    case .failure(let reason): return reason
    }
  }

  /// What makes two answers the same one said again.
  var kind: String {
    switch self {
    case .status(let status, _, _): "HTTP \(status)"
    case .failure(let reason): reason
    }
  }
}
