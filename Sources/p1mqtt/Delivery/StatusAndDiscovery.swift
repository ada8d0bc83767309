/// The messages of p1mqtt about itself: its status, and what it announces to Home Assistant.
struct StatusAndDiscovery {
  /// Nil where no status is published.
  private let online: Message?
  let offline: Message?
  var discovery: Discovery?
  /// How many forgotten meters were logged.
  private var loggedForgottenCount = 0
  /// Whether `online` is to be published.
  private var isOnlineDue = false

  init(_ settings: PublishSettings, _ memory: MemoryLimits) {
    func status(_ text: String) -> Message? {
      settings.statusTopic.map {
        Message(
          topic: $0, payload: text.utf8Bytes, purpose: .announcement, isRetained: true)
      }
    }
    online = status("online")
    offline = status("offline")
    discovery = settings.discoveryPrefix.map { Discovery($0, settings, capacity: memory.cache) }
  }

  var isEmpty: Bool { !isOnlineDue && discovery?.isEmpty ?? true }

  /// What to subscribe to. Without discovery, that is nothing.
  var filters: [String] {
    discovery.map { $0.filters + [online?.topic].compactMap(\.self) } ?? []
  }

  /// Has everything published again, as a broker may have lost it before this connection.
  mutating func connected() {
    isOnlineDue = online != nil
    discovery?.repeatAll()
  }

  /// Takes a message that the broker sent.
  ///
  /// - Returns: whether Home Assistant has started, and needs everything again.
  mutating func receive(topic: String, _ payload: [UInt8], isRetained: Bool) -> Bool {
    guard let offline, topic == offline.topic else {
      return discovery?.receive(topic: topic, payload, isRetained: isRetained) ?? false
    }
    // Another process with the same status topic has exited.
    if !isRetained, payload == offline.payload { isOnlineDue = true }
    return false
  }

  /// What is to be logged since the last call.
  mutating func takeLogMessages() -> [LogMessage] {
    LogMessage.forgottenMeters(discovery?.forgottenMeterCount ?? 0, logged: &loggedForgottenCount)
  }

  /// Takes the next message to be published; nil where there is none.
  mutating func next() -> Message? {
    guard isOnlineDue else { return discovery?.takeMessage() }
    isOnlineDue = false
    return online
  }
}
