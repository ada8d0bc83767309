import TestSupport

/// Compares the numbered records that arrived with those sent, whose numbers begin at 0.
struct NumberedTally: Sendable, CustomStringConvertible {
  /// The numbers that did not arrive.
  let lost: [Int]
  /// The number of records that arrived again.
  let duplicates: Int
  /// The numbers that were never sent.
  let strange: [Int]
  /// The numbers that arrived for the first time after a higher one.
  let overtaken: [Int]

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

  /// All records that were sent arrived, and no others.
  var isWhole: Bool { lost.isEmpty && strange.isEmpty }

  /// The records also arrived in order, apart from duplicates.
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
  /// The tally once all records have arrived, or after the limit.
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
  /// The number of the record in it, which is in the format of p1record(5) or JSON.
  var number: Int? {
    // The number follows the time; the padding that may follow it is long.
    let field = String(decoding: payload.prefix(80), as: UTF8.self)
      .split { "\n,}".contains($0) }
      .first { $0.hasPrefix("n=") || $0.hasPrefix("\"n\":") }
    return field.flatMap { Int($0.drop { !$0.isNumber }) }
  }
}
