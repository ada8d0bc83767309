/// What is told of ourselves: whether we are there, and to Home Assistant what there is to see.
struct Announcements {
  /// What says that we are there, and that we are not; nil where nothing does.
  let online: Message?
  let offline: Message?
  var discovery: Discovery?
  private var waiting: [Message] = []

  init(_ settings: PublishSettings) {
    func status(_ text: String) -> Message? {
      settings.statusTopic.map {
        Message(
          topic: $0, payload: text.utf8Bytes, purpose: .announcement, isRetained: true)
      }
    }
    online = status("online")
    offline = status("offline")
    discovery = settings.discoveryPrefix.map { Discovery($0, settings) }
  }

  var isEmpty: Bool { waiting.isEmpty && discovery?.isEmpty ?? true }

  /// There is a connection, to a broker that may have forgotten everything.
  mutating func connected() {
    sayOnline()
    discovery?.repeatAll()
  }

  /// Says that we are there: to a new broker, or as another process with our prefix has said that we
  /// are not.
  mutating func sayOnline() {
    waiting = [online].compactMap(\.self)
  }

  /// The next message to be sent, taken out; nil where there is none.
  mutating func next() -> Message? {
    waiting.isEmpty ? discovery?.takeMessage() : waiting.removeFirst()
  }
}
