import CommandLine
import Glibc
import SystemPackage

/// A serial line with a meter on it, opened exclusively, in raw mode.
struct SerialLine: MeterConnection {
  let name: String
  let mustExistAtStart: Bool
  /// A meter may be silent for long, and reopening the line would not change that.
  let reconnectsWhenSilent = false
  /// Looking for a device costs little, and a person who plugs in the cable watches.
  let longestPause = Duration.seconds(5)

  private let settings: SerialLineSettings
  private let messages: Messages
  /// The device that the caller opened to see what it is, until ``open()`` uses it.
  private var opened: FileDescriptor?
  /// The line, once it is locked and set up.
  private var descriptor: FileDescriptor?
  /// Nil if the speed is set.
  private var search: BaudRateSearch?
  /// The speed of the last message about it.
  private var reportedRate: Int?
  private var errorCounter = SerialErrorCounter()

  /// - Parameters:
  ///   - name: the path of the device.
  ///   - opened: the device, just opened; nil if it is not plugged in yet.
  ///   - isEncrypted: whether the telegrams may be encrypted.
  init(
    _ name: String, _ opened: FileDescriptor?, _ settings: SerialLineSettings, isEncrypted: Bool,
    messages: Messages
  ) {
    self.name = name
    mustExistAtStart = opened != nil && !ServiceManager.isPresent
    self.settings = settings
    self.messages = messages
    self.opened = opened
    if settings.baudRate == nil { search = BaudRateSearch(at: .now, mayBeBinary: isEncrypted) }
  }

  // MARK: - Opening and closing

  var interests: [Interest] { [] }
  var deadline: ContinuousClock.Instant? { descriptor == nil ? nil : search?.deadline }

  mutating func open() throws -> FileDescriptor? {
    let line = try opened ?? FileDescriptor.open(source: name)
    opened = nil
    do {
      guard isatty(line.rawValue) == 1 else { throw Failure(name, "not a serial line", .noInput) }
      try lock(line)
    } catch {
      try? line.close()
      throw error
    }
    descriptor = line
    try configure(line)
    search?.restart(at: .now)
    errorCounter.start(at: SerialErrors(of: line))
    return line
  }

  mutating func close() {
    guard let descriptor else { return }
    // A pseudo-terminal stays exclusive after it is closed, and would refuse everybody from now on.
    _ = ioctl(descriptor.rawValue, UInt(TIOCNXCL))
    try? descriptor.close()
    self.descriptor = nil
  }

  func disconnectReason(_ errno: Errno?) -> DisconnectReason {
    switch errno {
    case nil, .ioError: .failure(Failure(name, "serial line disconnected", .ioError))
    case let errno?: .failure(Failure(name, errno))
    }
  }

  private func lock(_ line: FileDescriptor) throws {
    guard flock(line.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let errno = Errno(rawValue: errno)
      throw errno == .wouldBlock ? Failure.inUse(name) : Failure(name, errno)
    }
    // This keeps every other user from opening the line, but not root, for whom the lock is needed.
    _ = ioctl(line.rawValue, UInt(TIOCEXCL))
  }

  private func configure(_ line: FileDescriptor) throws {
    var attributes = termios()
    guard unsafe tcgetattr(line.rawValue, &attributes) == 0 else {
      throw Failure(name, Errno(rawValue: errno))
    }
    settings.apply(to: &attributes, baudRate: baudRate)
    var actual = attributes
    guard unsafe tcsetattr(line.rawValue, TCSAFLUSH, &attributes) == 0,
      unsafe tcgetattr(line.rawValue, &actual) == 0
    else {
      throw Failure(name, Errno(rawValue: errno))
    }
    // tcsetattr(3) succeeds if the driver accepted any of the attributes.
    let unsupported = SerialLineSettings.differences(between: attributes, and: actual)
    if !unsupported.isEmpty {
      let names = unsupported.joined(separator: ", ")
      messages.say(
        .warning, name, "the driver does not support the value of \(names)",
        repeating: "unsupported")
    }
  }

  // MARK: - Speed

  var baudRate: Int? { settings.baudRate ?? search?.rate }

  mutating func received(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant) {
    search?.received(bytes, at: now)
  }

  mutating func changeSpeedIfDue(at now: ContinuousClock.Instant) throws -> Bool {
    guard let line = descriptor, let deadline = search?.deadline, now >= deadline else {
      return false
    }
    search?.tryNextRate(at: .now)
    if let rate = search?.rate {
      messages.say(.info, name, "no telegram; trying \(rate) baud", repeating: "trying")
    }
    try configure(line)
    return true
  }

  mutating func receivedTelegram(at now: ContinuousClock.Instant) {
    if let search, !search.isFound { foundRate(search.rate) }
    search?.receivedTelegram(at: now)
  }

  private mutating func foundRate(_ rate: Int) {
    // The errors so far are those of reading at a wrong speed.
    errorCounter.start(at: descriptor.flatMap(SerialErrors.init(of:)))
    guard rate != reportedRate else { return }
    reportedRate = rate
    messages.say(.notice, name, "telegrams at \(rate) baud")
  }

  mutating func serialErrors() -> SerialErrors {
    if search?.isFound != false { errorCounter.add(descriptor.flatMap(SerialErrors.init(of:))) }
    return errorCounter.errors
  }
}
