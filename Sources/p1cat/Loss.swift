import Console

/// How a link has gone.
enum Loss {
  /// The other side has ended it.
  case end(String)
  case failure(Failure)

  /// As a message says it.
  var reason: String {
    switch self {
    case .end(let reason): reason
    case .failure(let failure): failure.reason
    }
  }
}
