import TestSupport

/// What a receiver has of records that were numbered from 0 on.
struct NumberedTally: Sendable, CustomStringConvertible {
  /// The numbers that it lacks, in order.
  let lost: [Int]
  /// How many it has more than once, each time counted.
  let duplicates: Int
  /// The numbers that it has and that were never sent.
  let strange: [Int]
  /// The numbers that came first after a higher one had, in order.
  let overtaken: [Int]

  /// - Parameters:
  ///   - received: the numbers that the receiver has; their order counts for `overtaken` alone.
  ///   - sent: how many were sent.
  init(_ received: [Int], of sent: Int) {
    let set = Set(received)
    lost = (0..<sent).filter { !set.contains($0) }
    strange = set.filter { $0 < 0 || $0 >= sent }.sorted()
    duplicates = received.count - set.count
    var known: Set<Int> = []
    var highest = Int.min
    overtaken = received.filter { number in
      defer { highest = max(highest, number) }
      return known.insert(number).inserted && number < highest
    }
  }

  /// Whether it has all that was sent, and nothing else.
  var isWhole: Bool { lost.isEmpty && strange.isEmpty }

  /// Whether it has all that was sent, nothing else, and each for the first time in order.
  var isWholeInOrder: Bool { isWhole && overtaken.isEmpty }

  var description: String {
    """
    lost \(lost.count): \(lost.prefix(20)), duplicates \(duplicates), \
    strange \(strange.prefix(20)), overtaken \(overtaken.count): \(overtaken.prefix(20))
    """
  }
}

extension InfluxDB {
  /// The numbers of the records in the server's first database.
  var numbers: [Int] {
    get async throws {
      try await query("SELECT n FROM dsmr").compactMap { $0["n"]?.double.map { Int($0) } }
    }
  }

  func tally(of sent: Int) async throws -> NumberedTally {
    NumberedTally(try await numbers, of: sent)
  }
}

extension MQTTSubscriber {
  /// What it has of numbered records, once it has all of them, or the limit has passed.
  func tally(of sent: Int, within limit: Duration = .seconds(30)) async throws
    -> NumberedTally
  {
    _ = try await Deadline(in: limit).poll(every: .milliseconds(100)) {
      let messages = messages
      return messages.count >= sent && Set(messages.compactMap(\.number)).count >= sent
    }
    return NumberedTally(messages.compactMap(\.number), of: sent)
  }
}

extension MQTTMessage {
  /// The number of the record that it is, as p1record(5) has it or in JSON.
  var number: Int? {
    // Behind its time; there may be much behind it.
    let field = String(decoding: payload.prefix(80), as: UTF8.self)
      .split { "\n,}".contains($0) }
      .first { $0.hasPrefix("n=") || $0.hasPrefix("\"n\":") }
    return field.flatMap { Int($0.drop { !$0.isNumber }) }
  }
}
