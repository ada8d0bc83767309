/// Telegrams that wait for a slow reader: in order, in bounded memory.
///
/// Beyond the bound the oldest go, as a whole: of one that was written in part, the rest stays.
struct TelegramQueue {
  /// The most bytes that wait, with what keeping them takes.
  private let capacity: Int
  /// How many went because there was no room.
  private(set) var droppedCount = 0

  /// The telegrams, after `head` of them that are gone.
  private var telegrams: [[UInt8]] = []
  private var head = 0
  /// How much of the oldest one is written.
  private var writtenCount = 0
  private var size = 0

  /// What a telegram takes besides its bytes: what its memory is managed by, and its place here,
  /// which may have another one in reserve.
  private static let overhead = 64

  /// - Parameter capacity: the most bytes that wait; a single telegram is always taken.
  init(capacity: Int) {
    self.capacity = capacity
  }

  /// How many telegrams wait, one that is written in part among them.
  var count: Int { telegrams.count - head }

  var isEmpty: Bool { count == 0 }

  /// What is to be written next: the oldest telegram, or the rest of it; nothing where none waits.
  var next: ArraySlice<UInt8> { isEmpty ? [] : telegrams[head][writtenCount...] }

  /// Adds a telegram, for which the oldest ones go where there is no room.
  mutating func add(_ telegram: [UInt8]) {
    telegrams.append(telegram)
    size += telegram.count + TelegramQueue.overhead
    while size > capacity, count > (writtenCount > 0 ? 2 : 1) {
      if writtenCount > 0 {
        // The rest of the oldest takes the place of the one that goes.
        telegrams.swapAt(head, head + 1)
      }
      removeOldest()
      droppedCount += 1
    }
  }

  /// So many bytes of ``next`` are written.
  mutating func wrote(_ count: Int) {
    writtenCount += count
    guard !isEmpty, writtenCount >= telegrams[head].count else { return }
    removeOldest()
    writtenCount = 0
  }

  private mutating func removeOldest() {
    size -= telegrams[head].count + TelegramQueue.overhead
    telegrams[head] = []
    head += 1
    if head > 1024, head > telegrams.count / 2 {
      telegrams.removeSubrange(..<head)
      head = 0
    }
  }
}
