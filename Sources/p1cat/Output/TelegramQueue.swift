import DequeModule

/// The buffer for a slow reader: telegrams in order, in bounded memory.
///
/// When the buffer is full, the oldest whole telegrams are dropped. The rest of a telegram that was
/// written in part stays, as the reader already has its beginning.
struct TelegramQueue {
  /// The most bytes of telegrams, with their overhead.
  private let capacity: Int
  private(set) var droppedCount = 0

  private var telegrams: Deque<[UInt8]> = []
  /// The bytes of the oldest telegram that are written.
  private var writtenCount = 0
  private var size = 0

  /// The memory of a telegram besides its bytes: the header of its array, and its place in
  /// `telegrams`, which may be allocated twice.
  private static let overhead = 64

  /// - Parameter capacity: the size in bytes; a single telegram always fits.
  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The number of queued telegrams, including one that is written in part.
  var count: Int { telegrams.count }

  var isEmpty: Bool { telegrams.isEmpty }

  /// The oldest telegram, or the rest of it; empty if none is queued.
  var next: ArraySlice<UInt8> { telegrams.first?[writtenCount...] ?? [] }

  /// Adds a telegram, and drops the oldest ones if there is no room for it.
  mutating func add(_ telegram: [UInt8]) {
    telegrams.append(telegram)
    size += telegram.count + TelegramQueue.overhead
    while size > capacity, count > (writtenCount > 0 ? 2 : 1) {
      dropOldest()
    }
  }

  /// Drops all telegrams but one that is written in part.
  mutating func dropUnbegun() {
    while count > (writtenCount > 0 ? 1 : 0) { dropOldest() }
  }

  private mutating func dropOldest() {
    // The telegram that is written in part stays first, and the next one is dropped.
    if writtenCount > 0 { telegrams.swapAt(0, 1) }
    removeOldest()
    droppedCount += 1
  }

  /// Removes the first bytes of ``next``, which are written.
  mutating func removeFirst(_ count: Int) {
    writtenCount += count
    guard let oldest = telegrams.first, writtenCount >= oldest.count else { return }
    removeOldest()
    writtenCount = 0
  }

  private mutating func removeOldest() {
    guard let oldest = telegrams.popFirst() else { return }
    size -= oldest.count + TelegramQueue.overhead
  }
}
