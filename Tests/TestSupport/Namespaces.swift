/// Namespaces of Linux, in which a test has a network or a disk of its own. A machine may forbid them.
public enum Namespaces {
  /// Whether a program may have a network of its own; where not, that is said.
  public static func haveNetworks() async throws -> Bool {
    try await areAllowed("networks", ["-rn", "ip", "link"])
  }

  /// Whether a program may have mounts of its own; where not, that is said.
  public static func haveMounts() async throws -> Bool {
    try await areAllowed("mounts", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"])
  }

  private static func areAllowed(_ name: String, _ attempt: [String]) async throws -> Bool {
    let result = try await Program("unshare", attempt).run()
    if result.status != .success {
      print("not run, it needs namespaces for \(name): \(result.errorText)")
    }
    return result.status == .success
  }
}
