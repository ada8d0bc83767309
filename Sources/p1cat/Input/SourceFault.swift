/// What keeps telegrams from coming.
enum SourceFault: Equatable {
  /// The link has gone, or cannot be opened: why.
  case gone(String)
  case silent(Duration)
  /// Bytes come, but no telegrams.
  case noTelegrams
  /// The link is open again, and nothing has come yet.
  case reopened
}

extension SourceFault: CustomStringConvertible {
  /// As a message says it.
  var description: String {
    switch self {
    case .gone(let reason): "\(reason); trying again"
    case .silent(let duration): "nothing received for \(duration.inSeconds) s"
    case .noTelegrams: "bytes come, but no telegrams: is the signal inverted, or encrypted?"
    case .reopened: "open again, and no telegram yet"
    }
  }
}
