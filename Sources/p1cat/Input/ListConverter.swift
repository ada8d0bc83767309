import CommandLine
import DLMS
import Metrics
import Records
import Telegrams

/// Makes telegrams of the lists of DLMS meters.
///
/// Norwegian meters send lists that have only the power. Such a list lacks the number of its meter and, of some makers,
/// the meaning of its value. Until another list tells the number, these lists wait: a record without it would be one of
/// another meter.
struct ListConverter {
  private struct Message {
    let notification: DataNotification
    let title: SystemTitle?
    let receivedAt: Timestamp
    /// When it has waited for long enough.
    let deadline = ContinuousClock.now + ListConverter.longestWait
  }

  private let definitions: ListDefinitions
  private var reader: PushListReader
  /// Whether the lists are made just now. Then a telegram gets a stamp if its own time is missing, or does not tell
  /// summer from winter.
  private let isLive: Bool
  /// In the order of arrival.
  private var waiting: [Message] = []
  /// The meters that did not tell their number in time.
  private var unnumbered: Set<SystemTitle?> = []
  private var events: [PushEvent] = []
  /// The codes without a unit that were logged.
  private var loggedCodes: Set<OBISCode> = []

  /// In Norway, a list with the number comes each ten seconds.
  private static let longestWait = Duration.seconds(15)
  /// The limit of waiting lists, which also ends the wait in a file.
  private static let maximumWaiting = 15
  /// A line that sends random codes must not take memory.
  private static let maximumLoggedCodes = 256

  /// - Parameters:
  ///   - definitions: of lists that do not tell everything themselves.
  ///   - isLive: whether the lists are made just now.
  init(_ definitions: ListDefinitions = ListDefinitions(), isLive: Bool = false) {
    self.definitions = definitions
    reader = PushListReader(definitions)
    self.isLive = isLive
  }

  /// When a list has waited for long enough; nil if none waits.
  var deadline: ContinuousClock.Instant? { waiting.first?.deadline }

  mutating func takeEvents() -> [PushEvent] {
    defer { events.removeAll() }
    return events
  }

  /// Appends the telegram of a list, and of those that waited for it.
  ///
  /// - Parameter title: that of the encrypted frame it was in; nil if it was not encrypted.
  mutating func add(
    _ notification: DataNotification, from title: SystemTitle?, to output: inout [UInt8]
  ) {
    let message = Message(notification: notification, title: title, receivedAt: .now)
    let list = list(of: message)
    if reader.knowsNumber(ofMeter: title) {
      let numbered = waiting.filter { $0.title == title }
      waiting.removeAll { $0.title == title }
      for message in numbered { append(self.list(of: message), of: message, to: &output) }
    } else if waits(list), !unnumbered.contains(title) {
      waiting.append(message)
      if waiting.count > ListConverter.maximumWaiting { releaseFirst(to: &output) }
      return
    }
    append(list, of: message, to: &output)
  }

  /// Appends the telegrams of the lists that have waited until an instant.
  ///
  /// - Returns: whether there are any.
  mutating func release(dueAt now: ContinuousClock.Instant, to output: inout [UInt8]) -> Bool {
    let count = waiting.count
    while let deadline, now >= deadline { releaseFirst(to: &output) }
    return waiting.count < count
  }

  /// Ends the stream. Another meter may follow: its lists wait for its own number.
  ///
  /// - Parameter isLast: whether no other stream follows.
  mutating func finish(isLast: Bool, to output: inout [UInt8]) {
    if isLast, !isLive {
      while !waiting.isEmpty { releaseFirst(to: &output) }
    } else if !waiting.isEmpty {
      events.append(.withoutNumber(count: waiting.count))
    }
    waiting = []
    reader = PushListReader(definitions)
    unnumbered = []
  }

  /// Whether a list waits for the number of its meter.
  private func waits(_ list: Result<PushList, PushListReader.Defect>) -> Bool {
    switch list {
    case .success(let list): list.values.count == 1
    case .failure(.unknownList(identifier: nil, maker: nil, count: 1)): true
    case .failure: false
    }
  }

  private mutating func releaseFirst(to output: inout [UInt8]) {
    let message = waiting.removeFirst()
    unnumbered.insert(message.title)
    append(list(of: message), of: message, to: &output)
  }

  private mutating func list(of message: Message) -> Result<PushList, PushListReader.Defect> {
    do throws(PushListReader.Defect) {
      return .success(try reader.list(in: message.notification, from: message.title))
    } catch {
      return .failure(error)
    }
  }

  private mutating func append(
    _ result: Result<PushList, PushListReader.Defect>, of message: Message,
    to output: inout [UInt8]
  ) {
    switch result {
    case .failure(let defect): events.append(.unread(defect))
    case .success(let list):
      log(list.withoutUnit)
      guard let telegram = list.telegram else { return events.append(.unread(.noValues)) }
      // Each telegram has lines of its own, whatever came before.
      output += "\n".utf8
      if isLive, !list.tellsInstant { output += "#\(message.receivedAt)\n".utf8 }
      output += telegram
    }
  }

  private mutating func log(_ codes: [OBISCode]) {
    let new = codes.filter { !loggedCodes.contains($0) }
    guard !new.isEmpty, loggedCodes.count < ListConverter.maximumLoggedCodes else { return }
    loggedCodes.formUnion(new)
    events.append(.withoutUnit(new))
  }
}
