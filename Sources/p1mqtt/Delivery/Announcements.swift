/// What is told of ourselves: whether we are there, and to Home Assistant what there is to see.
struct Announcements {
  /// What says that we are there, and that we are not; nil where nothing does.
  private let online: Message?
  let offline: Message?
  var discovery: Discovery?
  /// How many meters discovery has forgotten, as far as that was said.
  private var saidForgotten = 0
  /// Whether `online` is to be sent.
  private var isOnlineDue = false

  init(_ settings: PublishSettings, _ room: MemoryRoom) {
    func status(_ text: String) -> Message? {
      settings.statusTopic.map {
        Message(
          topic: $0, payload: text.utf8Bytes, purpose: .announcement, isRetained: true)
      }
    }
    online = status("online")
    offline = status("offline")
    discovery = settings.discoveryPrefix.map { Discovery($0, settings, capacity: room.share) }
  }

  var isEmpty: Bool { !isOnlineDue && discovery?.isEmpty ?? true }

  /// What to subscribe to; nothing where nobody's messages matter.
  var filters: [String] {
    discovery.map { $0.filters + [online?.topic].compactMap(\.self) } ?? []
  }

  /// There is a connection, to a broker that may have forgotten everything.
  mutating func connected() {
    isOnlineDue = online != nil
    discovery?.repeatAll()
  }

  /// A message has come from the broker.
  ///
  /// - Returns: whether Home Assistant is back, and has forgotten what it was told.
  mutating func receive(topic: String, _ payload: [UInt8], isRetained: Bool) -> Bool {
    guard let offline, topic == offline.topic else {
      return discovery?.receive(topic: topic, payload, isRetained: isRetained) ?? false
    }
    // Another process with our prefix has said that we are not there.
    if !isRetained, payload == offline.payload { isOnlineDue = true }
    return false
  }

  /// What the user should know since the last call.
  mutating func takeNotices() -> [Notice] {
    Notice.ofForgotten(discovery?.forgottenCount ?? 0, since: &saidForgotten)
  }

  /// The next message to be sent, taken out; nil where there is none.
  mutating func next() -> Message? {
    guard isOnlineDue else { return discovery?.takeMessage() }
    isOnlineDue = false
    return online
  }
}
