import CommandLine
import Records
import SystemPackage

/// Standard output as a stream of telegrams: none is split over two writes where that can be helped.
///
/// Telegrams that come together, from a file or a pipe, go out together: as many as are taken as a
/// whole, whoever else writes there. Those of a meter go out one by one. What the reader does not take
/// yet waits in a ``TelegramQueue``, and nobody waits here.
struct TelegramOutput {
  /// Whether the time of receipt stands before each telegram that has none yet.
  private let stamps: Bool
  /// Where each telegram is kept besides; nil for nowhere.
  private var capture: CaptureFiles?
  /// How many telegrams are wanted; nil for all.
  private let limit: Int?
  private(set) var count = 0
  private let messages: Messages

  /// Nil for a file, which is given the time that the disk needs.
  private let output: NonblockingOutput?
  private var queue: TelegramQueue
  /// How many telegrams it is said of that they were dropped, and when that was said; nil before any
  /// were, and after the reader has caught up.
  private var saidCount = 0
  private var saidAt: ContinuousClock.Instant?

  /// The most bytes of telegrams that go out together.
  private let runSize: Int
  /// Where the telegrams stand that are to go out together.
  private var run = 0..<0
  /// What a telegram is put together in where it does not go out as it stands.
  private var buffer: [UInt8] = []

  private static let name = "standard output"
  /// While telegrams are being dropped, so often it is said how many were.
  private static let reportInterval = Duration.seconds(60)

  /// - Parameters:
  ///   - stamps: whether the time of receipt stands before each telegram.
  ///   - limit: how many telegrams are wanted; nil for all.
  ///   - capacity: the most bytes that wait for the reader, the oldest going beyond it; nil where
  ///     nothing is added while something waits.
  ///   - capture: where each telegram is kept besides; nil for nowhere.
  ///   - messages: where it is said that telegrams are dropped.
  init(
    stamps: Bool, limit: Int?, queueing capacity: Int?, capture: CaptureFiles?, messages: Messages
  ) {
    self.stamps = stamps
    self.capture = capture
    self.limit = limit
    self.messages = messages
    let descriptor = FileDescriptor.standardOutput
    descriptor.enlargePipe()
    output = NonblockingOutput(descriptor)
    queue = TelegramQueue(capacity: capacity ?? .max)
    runSize = capacity == nil ? descriptor.wholeWriteSize : 0
  }

  /// Whether there are as many telegrams as wanted.
  var isComplete: Bool { count == limit }

  /// Whether something waits for the reader.
  var isWaiting: Bool { !queue.isEmpty }

  /// What to wait for: room, where something waits for it.
  var interests: [Interest] {
    guard isWaiting, let output else { return [] }
    return [.writing(output.descriptor)]
  }

  /// How many telegrams were dropped as nobody read them.
  var droppedCount: Int { queue.droppedCount }
  /// How many telegrams could not be kept in the file of their day; nil where none are to be.
  var captureFailureCount: Int? { capture?.failureCount }

  // MARK: - Telegrams

  /// Adds a telegram; it has gone out, or into the queue, after ``flush(_:)``.
  ///
  /// - Parameters:
  ///   - range: where it stands, from `/` to the end of the `!` line.
  ///   - bytes: what it stands in, the same until ``flush(_:)``.
  ///   - stampedAt: the time that stood before it, which it keeps.
  ///   - receivedAt: the time of receipt, for a telegram without a stamp.
  /// - Throws: `Failure`, or a quiet end where nobody reads any more.
  mutating func add(
    _ range: Range<Int>, of bytes: Span<UInt8>, stampedAt: Timestamp? = nil,
    receivedAt: @autoclosure () -> Timestamp = .now
  ) throws {
    count += 1
    let isEnded = bytes[range.upperBound - 1] == UInt8(ascii: "\n")
    let stamp = stampedAt ?? (stamps ? receivedAt() : nil)
    capture?.add(bytes.extracting(range), receivedAt: stamp ?? receivedAt())
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
    // Out of here for so long, as what writes it may change what is here.
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
    guard let output else {
      return try FileDescriptor.standardOutput.write(all: telegrams)
    }
    let written = queue.isEmpty ? try output.write(telegrams) : 0
    guard written < telegrams.count else { return }
    var waiting: [UInt8] = []
    waiting.append(contentsOf: telegrams)
    queue.add(waiting)
    queue.wrote(written)
    noteDropped()
  }

  // MARK: - The queue

  /// Writes what waits, as far as there is room.
  mutating func writeWhatFits() throws {
    guard let output, isWaiting else { return }
    while isWaiting {
      let count = try output.write(queue.next.span)
      if count == 0 { return }
      queue.wrote(count)
    }
    sayDropped()
    saidAt = nil
  }

  /// Says how many telegrams are left to be read, where they came one by one.
  func sayWhatIsLeft() {
    guard isWaiting else { return }
    messages.say(
      .warning, TelegramOutput.name, "not read: \(counted(queue.count, "telegram")) left unwritten")
  }

  /// Leaves the output, at the end.
  mutating func leave() {
    sayDropped()
    output?.leave()
  }

  private mutating func noteDropped() {
    guard droppedCount > saidCount else { return }
    let now = ContinuousClock.now
    guard let saidAt else {
      saidAt = now
      messages.say(.warning, TelegramOutput.name, "not read: the oldest telegrams are dropped")
      return
    }
    guard now >= saidAt + TelegramOutput.reportInterval else { return }
    self.saidAt = now
    sayDropped()
  }

  /// Says how many telegrams were dropped since that was last said.
  private mutating func sayDropped() {
    guard droppedCount > saidCount else { return }
    let dropped = counted(droppedCount - saidCount, "telegram")
    messages.say(.warning, TelegramOutput.name, "not read for too long: \(dropped) dropped")
    saidCount = droppedCount
  }
}
