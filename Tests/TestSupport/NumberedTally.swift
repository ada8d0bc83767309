/// What a receiver has of records that were numbered from 0 on.
public struct NumberedTally: Sendable, CustomStringConvertible {
  /// The numbers that it lacks, in order.
  public let lost: [Int]
  /// How many it has more than once, each time counted.
  public let duplicates: Int
  /// The numbers that it has and that were never sent.
  public let strange: [Int]

  /// - Parameters:
  ///   - received: the numbers that the receiver has, in any order.
  ///   - sent: how many were sent.
  public init(_ received: [Int], of sent: Int) {
    let set = Set(received)
    lost = (0..<sent).filter { !set.contains($0) }
    strange = set.filter { $0 < 0 || $0 >= sent }.sorted()
    duplicates = received.count - set.count
  }

  /// Whether it has all that was sent, and nothing else.
  public var isWhole: Bool { lost.isEmpty && strange.isEmpty }

  public var description: String {
    "lost \(lost.count): \(lost.prefix(20)), duplicates \(duplicates), strange \(strange.prefix(20))"
  }
}

extension InfluxDB {
  /// What is in the server's first database of numbered records.
  public func tally(of sent: Int) async throws -> NumberedTally {
    let rows = try await query("SELECT n FROM dsmr")
    return NumberedTally(rows.compactMap { $0["n"]?.double.map { Int($0) } }, of: sent)
  }
}
