/// A user and a password.
public struct Login: Sendable, Equatable {
  public let user: String
  public let password: String

  public init(user: String, password: String) {
    self.user = user
    self.password = password
  }

  /// The login of servers that were not given another one.
  public static let standard = Login(user: "meter", password: "correct horse: battery")
}
