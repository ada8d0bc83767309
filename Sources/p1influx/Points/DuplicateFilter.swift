import Records

/// Tells records that say again what was said already: of the same meter, time and metrics, with the
/// same values, as a gas reading that each telegram repeats for an hour.
///
/// A thousand of the latest are known. What is forgotten is only written once more; what was dropped
/// before it was delivered has to be forgotten.
struct DuplicateFilter {
  private struct Known {
    /// What stands for the meter, the time and the first metric. Of two that have the same, the
    /// later one takes the place of the other.
    let hash: UInt64
    let text: [UInt8]
    /// Its number in the outbox.
    let number: UInt64
  }

  /// The latest records, in sets by their hash, in each of which the latest is first.
  private var sets = [[Known]](repeating: [], count: 256)

  /// All with lower numbers were delivered, or are forgotten.
  private var goneEnd: UInt64 = 0

  private static let setSize = 4
  /// A longer record is always new.
  private static let longest = 8192

  /// Whether the record is one that was there already; else it is from now on.
  ///
  /// - Parameters:
  ///   - record: the record.
  ///   - number: the number that it gets in the outbox if it is new.
  /// - Returns: whether it is known.
  mutating func contains(_ record: Record, numbered number: UInt64 = 0) -> Bool {
    guard record.text.count <= DuplicateFilter.longest else { return false }
    let hash = DuplicateFilter.hash(of: record)
    let set = Int(hash % UInt64(sets.count))
    let place = sets[set].firstIndex { $0.hash == hash }
    if let place, sets[set][place].text == record.text {
      if place > 0 { sets[set].swapAt(0, place) }
      return true
    }
    if let place {
      sets[set].remove(at: place)
    } else if sets[set].count == DuplicateFilter.setSize {
      sets[set].removeLast()
    }
    sets[set].insert(Known(hash: hash, text: record.text, number: number), at: 0)
    return false
  }

  /// Takes note that the records with numbers below `number` were delivered.
  mutating func delivered(before number: UInt64) { goneEnd = max(goneEnd, number) }

  /// Forgets records that were not delivered: a meter that says them again is to be heard.
  ///
  /// - Parameter waiting: the numbers of those that wait now, at the beginning of which some have gone;
  ///   or in the middle, and then it is not known which.
  mutating func forgetUndelivered(butFor waiting: Range<UInt64>) {
    let isInOrder = waiting.lowerBound > goneEnd
    let gone = goneEnd..<max(goneEnd, isInOrder ? waiting.lowerBound : waiting.upperBound)
    for index in sets.indices { sets[index].removeAll { gone.contains($0.number) } }
    goneEnd = gone.upperBound
  }

  /// A hash of what two records have in common that write to the same points: everything up to the
  /// first metric that tells something else than who and when.
  private static func hash(of record: Record) -> UInt64 {
    let text = record.text.span
    var end = 0
    while let (name, value) = record.field(from: end) {
      let isIdentity = RecordKey.isReserved(text.extracting(name))
      end = isIdentity ? value.upperBound + 1 : name.upperBound
      if !isIdentity { break }
    }
    var hash: UInt64 = 0
    var index = 0
    while index < end {
      // The eight bytes at the end may have been a part of those before.
      let word = end < 8 ? UInt64(text[index]) : text.word(at: min(index, end - 8))
      hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      index += end < 8 ? 1 : 8
    }
    return hash
  }
}
