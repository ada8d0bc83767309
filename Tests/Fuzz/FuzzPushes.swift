import DLMS
import Records
import Telegrams
import TestValues

/// A message in frames: HDLC in two segments, M-Bus in one, a block.
private let pushFrames: [[UInt8]] = {
  let message: [UInt8] = [0x0F, 0, 0, 0, 1, 0, 0x02, 0x01, 0x11, 0x05]
  return FrameBuilder.segments(message, length: 5) + FrameBuilder.mbus(message)
    + FrameBuilder.blocks(message, length: message.count).map { FrameBuilder.hdlc($0) }
}()

/// Finds the messages of a stream of frames that are damaged at any place.
func findPushes(_ input: [UInt8]) { findPushes(in: stream(of: pushFrames, by: input)) }

/// Finds the messages of frames with right checksums and any content. A byte selects the kind of the frame, and the next
/// one the number of bytes in it.
func findCheckedPushes(_ input: [UInt8]) {
  var stream: [UInt8] = []
  var rest = input[...]
  while let kind = rest.popFirst(), let length = rest.popFirst() {
    let content = Array(rest.prefix(Int(length) + Int(kind >> 6)))
    rest = rest.dropFirst(content.count)
    stream +=
      kind & 1 == 0
      ? FrameBuilder.mbusFrame(content)
      : FrameBuilder.hdlc(content, isContinued: kind & 2 != 0, hasLLC: false)
  }
  findPushes(in: stream)
}

/// Finds the messages of a stream in one piece and byte by byte: both must give the same.
private func findPushes(in stream: [UInt8]) {
  func found(by size: Int) -> (messages: [[UInt8]], defects: [FrameDefect], other: [UInt8]) {
    var framer = PushFramer()
    var found = (messages: [[UInt8]](), defects: [FrameDefect](), other: [UInt8]())
    func take(atEnd: Bool) {
      while let event = framer.next(atEnd: atEnd) {
        switch event {
        case .message(let message): found.messages.append(message)
        case .dropped(let defect): found.defects.append(defect)
        case .other(let bytes): found.other += bytes
        }
      }
    }
    for start in stride(from: 0, to: stream.count, by: size) {
      framer.fill(with: Array(stream[start..<min(start + size, stream.count)]).span)
      take(atEnd: false)
    }
    take(atEnd: true)
    return found
  }
  let whole = found(by: max(1, stream.count))
  let single = found(by: 1)
  precondition(whole.messages == single.messages && whole.defects == single.defects)
  precondition(whole.other == single.other)
}

/// Reads the body of a data-notification: its telegram must be whole, and p1parse reads it.
func readPush(_ body: [UInt8]) {
  guard let notification = DataNotification([0x0F, 0, 0, 0, 1, 0] + body) else { return }
  var reader = PushListReader()
  for title in [nil, SystemTitle(value: 0x4B46_4D67_5000_0001)] {
    guard let list = try? reader.list(in: notification, from: title),
      let telegram = list.telegram
    else {
      continue
    }
    precondition(Framer.isWhole(telegram.span) || telegram.count > Framer.maximumTelegramLength)
    parse(telegram, by: SpecificationFiles())
  }
}
