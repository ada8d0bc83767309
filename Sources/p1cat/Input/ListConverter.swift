import CommandLine
import DLMS
import Metrics
import Records
import Telegrams

/// Makes telegrams of the lists of DLMS meters.
///
/// The short lists of Norway tell neither their meter nor, some of them, what their values are. Those that come before
/// the first list of the meter wait for it, so that no record is one of a meter without number.
struct ListConverter {
  private struct Message {
    let notification: DataNotification
    let title: SystemTitle?
    let receivedAt: Timestamp
  }

  private let definitions: ListDefinitions
  private var reader: PushListReader
  /// Whether a telegram gets a stamp if its own time is missing, or does not tell summer from winter.
  private let addsStamps: Bool
  private var waiting: [Message] = []
  /// Whether lists still wait for the meter.
  private var isWaiting = true
  private var events: [PushEvent] = []
  /// The codes without a unit that were logged.
  private var loggedCodes: Set<OBISCode> = []

  /// Some meters never tell. In Norway, five short lists come before the next list of the meter.
  private static let maximumWaiting = 10
  /// A line that sends random codes must not take memory.
  private static let maximumLoggedCodes = 256

  /// - Parameters:
  ///   - definitions: of lists that do not tell everything themselves.
  ///   - addsStamps: whether a list was made just now, so that a stamp can tell its time.
  init(_ definitions: ListDefinitions = ListDefinitions(), addsStamps: Bool = false) {
    self.definitions = definitions
    reader = PushListReader(definitions)
    self.addsStamps = addsStamps
  }

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
    if isWaiting, !reader.knowsMeter, waiting.count < ListConverter.maximumWaiting,
      (try? list.get())?.time == nil
    {
      return waiting.append(message)
    }
    release(to: &output)
    append(list, receivedAt: message.receivedAt, to: &output)
  }

  /// Ends the stream: appends the telegrams of the lists that still wait. Another meter may follow.
  mutating func finish(to output: inout [UInt8]) {
    release(to: &output)
    reader = PushListReader(definitions)
    isWaiting = true
  }

  private mutating func release(to output: inout [UInt8]) {
    guard isWaiting else { return }
    isWaiting = false
    for message in waiting {
      append(list(of: message), receivedAt: message.receivedAt, to: &output)
    }
    waiting = []
  }

  private mutating func list(of message: Message) -> Result<PushList, PushListReader.Defect> {
    do throws(PushListReader.Defect) {
      return .success(try reader.list(in: message.notification, from: message.title))
    } catch {
      return .failure(error)
    }
  }

  private mutating func append(
    _ result: Result<PushList, PushListReader.Defect>, receivedAt: Timestamp,
    to output: inout [UInt8]
  ) {
    switch result {
    case .failure(let defect): events.append(.unread(defect))
    case .success(let list):
      log(list.withoutUnit)
      guard let telegram = list.telegram else { return events.append(.unread(.noValues)) }
      // Each telegram has lines of its own, whatever came before.
      output += "\n".utf8
      if addsStamps, !list.tellsInstant { output += "#\(receivedAt)\n".utf8 }
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
