import CommandLine

/// How a link has gone.
enum Loss {
  /// The other side has ended it.
  case end(String)
  case failure(Failure)

  /// The same with what the other side has said, in words.
  func saying(_ words: String?) -> Loss {
    guard let words else { return self }
    let reason = "\(reason); it said \"\(words)\""
    return switch self {
    case .end: .end(reason)
    case .failure(let failure): .failure(Failure(failure.subject, reason, failure.exitStatus))
    }
  }

  /// As a message says it.
  var reason: String {
    switch self {
    case .end(let reason): reason
    case .failure(let failure): failure.reason
    }
  }
}
