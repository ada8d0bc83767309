import Console
import Records
import SystemPackage

/// Standard output as a stream of telegrams: none is ever split over two writes.
///
/// Telegrams that come together, from a file or a pipe, go out together: as many as are taken as a
/// whole, whoever else writes there. Those of a meter never wait for the reader: what it does not
/// take waits in a ``TelegramQueue``.
struct TelegramOutput {
  /// Whether the time of receipt stands before each telegram that has none yet.
  let stamps: Bool
  /// How many telegrams are wanted; nil for all.
  let limit: Int?
  private(set) var count = 0
  /// Where the telegrams stand that are to go out together.
  private var run = 0..<0
  private var buffer: [UInt8] = []
  private let messages: Messages

  /// The most bytes of telegrams that go out together.
  private let runSize: Int
  private var descriptor = FileDescriptor.standardOutput
  /// What waits for the reader; nil where the reader is waited for.
  private var queue: TelegramQueue?
  /// Whether it is said that telegrams are being dropped, and of how many it is said that they were.
  private var isDropping = false
  private var saidCount = 0

  private static let name = "standard output"

  /// - Parameters:
  ///   - stamps: whether the time of receipt stands before each telegram.
  ///   - limit: how many telegrams are wanted; nil for all.
  ///   - capacity: the most bytes that wait for the reader; nil where the reader is waited for.
  ///   - messages: where it is said that telegrams are dropped.
  init(stamps: Bool, limit: Int?, queueing capacity: Int?, messages: Messages) {
    self.stamps = stamps
    self.limit = limit
    self.messages = messages
    descriptor.enlargePipe()
    if let capacity, let quick = descriptor.openedWithoutWaiting() {
      descriptor = quick
      queue = TelegramQueue(capacity: capacity)
      runSize = 0
    } else {
      runSize = descriptor.wholeWriteSize
    }
  }

  /// Whether there are as many telegrams as wanted.
  var isComplete: Bool { count == limit }

  /// How many telegrams were dropped as nobody read them.
  var droppedCount: Int { queue?.droppedCount ?? 0 }

  /// Adds a telegram; it has gone out, or into the queue, after ``flush(_:)``.
  ///
  /// - Parameters:
  ///   - range: where it stands, from `/` to the end of the `!` line.
  ///   - bytes: what it stands in, the same until ``flush(_:)``.
  ///   - receivedAt: the time that stood before it, which it keeps.
  /// - Throws: `Failure`, or a quiet end where nobody reads any more.
  mutating func add(
    _ range: Range<Int>, of bytes: Span<UInt8>, receivedAt: Timestamp? = nil
  ) throws {
    count += 1
    let isEnded = bytes[range.upperBound - 1] == UInt8(ascii: "\n")
    let stamp = receivedAt ?? (stamps ? .now : nil)
    let isAsItStands = stamp == nil && isEnded
    if isAsItStands, range.lowerBound == run.upperBound,
      run.count + range.count <= runSize
    {
      run = run.lowerBound..<range.upperBound
      return
    }
    try flush(bytes)
    if isAsItStands {
      run = range
    } else {
      try write(bytes.extracting(range), stamp, isEnded: isEnded)
    }
  }

  /// Writes what is to go out.
  mutating func flush(_ bytes: Span<UInt8>) throws {
    defer { run = 0..<0 }
    if count > 0 { StartMemory.giveBackOnceRunning() }
    if !run.isEmpty { try write(bytes.extracting(run)) }
  }

  private mutating func write(
    _ telegram: Span<UInt8>, _ stamp: Timestamp?, isEnded: Bool
  ) throws {
    var text: [UInt8] = []
    swap(&text, &buffer)
    defer { swap(&text, &buffer) }
    text.removeAll(keepingCapacity: true)
    if let stamp {
      text.append(UInt8(ascii: "#"))
      text.append(stamp)
      text.append(UInt8(ascii: "\n"))
    }
    text.append(contentsOf: telegram)
    if !isEnded { text.append(contentsOf: "\r\n".utf8) }
    try write(text.span)
  }

  private mutating func write(_ telegrams: Span<UInt8>) throws {
    guard queue != nil else { return try descriptor.write(all: telegrams) }
    var telegram: [UInt8] = []
    telegram.append(contentsOf: telegrams)
    queue?.add(telegram)
    if !isDropping, droppedCount > saidCount {
      isDropping = true
      messages.say(.warning, TelegramOutput.name, "not read: the oldest telegrams are dropped")
    }
    try writeWhatFits()
  }

  // MARK: - The queue

  /// What to wait for: room, where something waits for it.
  var interests: [Interest] { waitingCount > 0 ? [.writing(descriptor)] : [] }

  private var waitingCount: Int { queue?.count ?? 0 }

  /// Writes what waits, as far as there is room.
  mutating func writeWhatFits() throws {
    while let next = queue?.next, !next.isEmpty {
      let count = try descriptor.write(some: next.span)
      if count == 0 { return }
      queue?.wrote(count)
    }
    sayDropped()
  }

  /// Waits until nothing waits any more; not for long once a signal asks to stop.
  mutating func finish(_ stop: StopSignal) throws {
    var deadline: ContinuousClock.Instant?
    while waitingCount > 0 {
      let signal = deadline == nil ? [Interest.reading(stop.descriptor)] : []
      let happened = try wait(for: interests + signal, until: deadline)
      if happened.isEmpty { break }
      if happened.contains(.reading(stop.descriptor)) {
        deadline = .now + FileDescriptor.graceOfReader
      }
      try writeWhatFits()
    }
    if waitingCount > 0 {
      let left = counted(waitingCount, "telegram")
      messages.say(.warning, TelegramOutput.name, "not read: \(left) left unwritten")
    }
  }

  /// Says how many telegrams were dropped since that was last said.
  mutating func sayDropped() {
    guard let queue, queue.droppedCount > saidCount else { return }
    let dropped = counted(queue.droppedCount - saidCount, "telegram")
    messages.say(.warning, TelegramOutput.name, "not read for too long: \(dropped) dropped")
    saidCount = queue.droppedCount
    isDropping = false
  }
}
