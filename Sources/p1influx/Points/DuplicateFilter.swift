import Records

/// Finds records that repeat an earlier one, such as the gas reading that each telegram repeats for an hour:
/// records with the same meter, time, metrics and values.
///
/// It remembers the latest thousand records. A record that it has forgotten is written again, which is
/// harmless. A record that was dropped before its delivery must be forgotten, or it would never be written.
struct DuplicateFilter {
  private struct Known {
    /// Of the meter, the time and the first metric. A later record with the same hash replaces this one.
    let hash: UInt64
    let text: [UInt8]
    /// The number of the record in the outbox.
    let number: UInt64
  }

  /// The latest records, in sets by their hash; the latest of a set is first.
  private var sets = [[Known]](repeating: [], count: 256)

  /// Records with lower numbers were delivered, or are forgotten.
  private var goneEnd: UInt64 = 0

  private static let setSize = 4
  /// The longest text, in bytes, of a record that is remembered.
  private static let longest = 8192

  /// Whether a record repeats an earlier one; otherwise it is remembered.
  ///
  /// - Parameter number: the number that the record gets in the outbox if it is new.
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

  /// Notes that the records with numbers below `number` were delivered.
  mutating func delivered(before number: UInt64) { goneEnd = max(goneEnd, number) }

  /// Forgets records that were dropped, so that they are written when the meter repeats them.
  ///
  /// - Parameter waiting: the numbers of the records that still wait. Either the oldest were dropped, or some
  ///   among these, and it is not known which.
  mutating func forgetUndelivered(butFor waiting: Range<UInt64>) {
    let isInOrder = waiting.lowerBound > goneEnd
    let gone = goneEnd..<max(goneEnd, isInOrder ? waiting.lowerBound : waiting.upperBound)
    // Swift 6.3 compiles `removeAll` here in one of two ways, by chance, and packages are to be reproducible.
    for index in sets.indices { sets[index] = sets[index].filter { !gone.contains($0.number) } }
    goneEnd = gone.upperBound
  }

  /// A hash of what is common to records that write to the same points: the text up to the name of the
  /// first metric.
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
      // The last word may overlap the one before.
      let word = end < 8 ? UInt64(text[index]) : text.word(at: min(index, end - 8))
      hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
      index += end < 8 ? 1 : 8
    }
    return hash
  }
}
