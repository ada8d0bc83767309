import CommandLine
import Records
import SystemPackage

/// Writes telegrams to standard output, each in one write where possible, so that two processes that
/// append to one file never split a telegram.
///
/// Telegrams of a file or a pipe are written together, as many as one write takes whole; those of a
/// meter one by one. Telegrams are buffered in a ``TelegramQueue`` while the reader is slow,
/// and p1cat continues to read.
struct TelegramWriter {
  /// `--stamp`: whether the time of receipt is written before each telegram that has none.
  private let addsStamps: Bool
  /// `--capture`: the files to write each telegram to as well.
  private var capture: CaptureFiles?
  /// `--listen`: sends each telegram to its clients as well.
  private var server: TelegramServer?
  /// `-n`: how many telegrams to write; nil for all.
  private let limit: Int?
  private(set) var count = 0
  private let messages: Messages

  /// Nil for a file, where a write waits for the disk.
  private let output: NonblockingOutput?
  private var queue: TelegramQueue
  /// How many dropped telegrams the messages so far have reported.
  private var reportedDrops = 0
  /// When the last of these messages was logged; nil while the reader keeps up.
  private var reportedAt: ContinuousClock.Instant?

  /// The most bytes of telegrams to write together.
  private let blockSize: Int
  /// The telegrams to be written together, in the bytes given to ``add(_:of:stampedAt:receivedAt:)``.
  private var block = 0..<0
  /// Holds a telegram to which a stamp or a line end is added.
  private var buffer: [UInt8] = []

  private static let name = "standard output"
  /// How often dropped telegrams are reported.
  private static let reportInterval = Duration.seconds(60)

  /// - Parameter capacity: the size of the queue in bytes, beyond which the oldest telegrams are
  ///   dropped; nil if the caller adds nothing while telegrams are queued.
  init(
    addsStamps: Bool, limit: Int?, queueing capacity: Int?, capture: CaptureFiles?,
    server: TelegramServer?, messages: Messages
  ) {
    self.addsStamps = addsStamps
    self.capture = capture
    self.server = server
    self.limit = limit
    self.messages = messages
    let descriptor = FileDescriptor.standardOutput
    descriptor.enlargePipe()
    output = NonblockingOutput(descriptor)
    queue = TelegramQueue(capacity: capacity ?? .max)
    blockSize = capacity == nil ? descriptor.wholeWriteSize : 0
  }

  /// Whether the limit is reached.
  var isComplete: Bool { count == limit }

  var hasQueuedTelegrams: Bool { !queue.isEmpty }

  /// The descriptors to wait for: the output while telegrams are queued, and the clients.
  var interests: [Interest] {
    let clients = server?.interests ?? []
    guard hasQueuedTelegrams, let output else { return clients }
    return [.writing(output.descriptor)] + clients
  }

  var deadline: ContinuousClock.Instant? { server?.deadline }

  /// Telegrams dropped because the reader is too slow.
  var droppedCount: Int { queue.droppedCount }
  /// Telegrams that could not be written to a capture file; nil without `--capture`.
  var captureFailureCount: Int? { capture?.failureCount }
  /// Why telegrams are not captured, or why no client can connect; nil if all is well.
  var problem: String? { capture?.problem ?? server?.problem }
  /// The clients, and the telegrams that they lost because they were too slow; nil without `--listen`.
  var clients: (count: Int, droppedCount: Int)? {
    server.map { ($0.clientCount, $0.droppedCount) }
  }

  // MARK: - Telegrams

  /// Adds a telegram, which is written or queued by ``flush(_:)`` at the latest.
  ///
  /// - Parameters:
  ///   - range: the telegram, from `/` to the end of the `!` line.
  ///   - bytes: the bytes that contain it, which must stay the same until ``flush(_:)``.
  ///   - stampedAt: the time of a stamp before the telegram, which it keeps.
  ///   - receivedAt: the time of receipt, for a telegram without a stamp.
  /// - Throws: `Failure`; `ReaderGone` if the output is closed.
  mutating func add(
    _ range: Range<Int>, of bytes: Span<UInt8>, stampedAt: Timestamp? = nil,
    receivedAt: @autoclosure () -> Timestamp = .now
  ) throws {
    count += 1
    let hasLineEnd = bytes[range.upperBound - 1] == UInt8(ascii: "\n")
    let stamp = stampedAt ?? (addsStamps ? receivedAt() : nil)
    capture?.add(bytes.extracting(range), receivedAt: stamp ?? receivedAt())
    server?.add(bytes.extracting(range), hasLineEnd: hasLineEnd)
    let isUnchanged = stamp == nil && hasLineEnd
    if isUnchanged, range.lowerBound == block.upperBound,
      block.count + range.count <= blockSize
    {
      block = block.lowerBound..<range.upperBound
      return
    }
    try flush(bytes)
    if isUnchanged {
      block = range
    } else {
      try write(bytes.extracting(range), stamp, hasLineEnd: hasLineEnd)
    }
  }

  /// Writes or queues the telegrams added so far.
  mutating func flush(_ bytes: Span<UInt8>) throws {
    defer { block = 0..<0 }
    if count > 0 { StartupCode.unmapAfterStart() }
    if !block.isEmpty { try write(bytes.extracting(block)) }
  }

  private mutating func write(
    _ telegram: Span<UInt8>, _ stamp: Timestamp?, hasLineEnd: Bool
  ) throws {
    // The buffer is moved out, as write(_:) changes self.
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
    if !hasLineEnd { text.append(contentsOf: "\r\n".utf8) }
    try write(text.span)
  }

  private mutating func write(_ telegrams: Span<UInt8>) throws {
    guard let output else {
      return try FileDescriptor.standardOutput.write(all: telegrams)
    }
    let written = queue.isEmpty ? try output.write(telegrams) : 0
    guard written < telegrams.count else { return }
    var copy: [UInt8] = []
    copy.append(contentsOf: telegrams)
    queue.add(copy)
    queue.removeFirst(written)
    reportDropping()
  }

  // MARK: - The queue

  /// Writes queued telegrams as far as the output and the clients take them without waiting.
  mutating func writeQueued(_ ready: [Interest]) throws {
    server?.attend(ready)
    guard let output, hasQueuedTelegrams else { return }
    while hasQueuedTelegrams {
      let count = try output.write(queue.next.span)
      if count == 0 { return }
      queue.removeFirst(count)
    }
    reportDropped()
    reportedAt = nil
  }

  /// Logs how many telegrams of a meter are lost because the reader did not read them before the end.
  func reportUnwritten() {
    guard hasQueuedTelegrams else { return }
    messages.say(
      .warning, TelegramWriter.name,
      "\(counted(queue.count, "telegram")) not written: the reader does not read")
  }

  mutating func finish() {
    reportDropped()
    output?.leave()
    guard server != nil else { return }
    // The reader of the output gets its end without waiting for the clients.
    output?.close()
    try? FileDescriptor.standardOutput.close()
    server?.close()
  }

  private mutating func reportDropping() {
    guard droppedCount > reportedDrops else { return }
    let now = ContinuousClock.now
    guard let reportedAt else {
      reportedAt = now
      messages.say(
        .warning, TelegramWriter.name, "the reader is too slow; dropping the oldest telegrams")
      return
    }
    guard now >= reportedAt + TelegramWriter.reportInterval else { return }
    self.reportedAt = now
    reportDropped()
  }

  /// Logs how many telegrams were dropped since the last message.
  private mutating func reportDropped() {
    guard droppedCount > reportedDrops else { return }
    let dropped = counted(droppedCount - reportedDrops, "telegram")
    messages.say(
      .warning, TelegramWriter.name, "\(dropped) dropped: the reader is too slow")
    reportedDrops = droppedCount
  }
}
