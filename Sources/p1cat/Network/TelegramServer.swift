import CommandLine
import SystemPackage

/// `--listen`: gives each telegram to all clients that are connected, plain, without a stamp.
///
/// A slow client holds up nobody: it loses its own oldest telegrams, and other clients lose none.
struct TelegramServer {
  /// `127.0.0.1:2001`.
  let name: String
  private let address: SocketAddress
  private let messages: Messages
  private var listener: FileDescriptor?
  /// When to try again to listen, or to accept a client; nil if that works.
  private var retryAt: ContinuousClock.Instant?
  /// Why nobody can connect, with the address; nil if clients can.
  private(set) var problem: String?

  private var clients: [TelegramClient] = []
  /// Telegrams that clients lost that have disconnected since.
  private var earlierDrops = 0

  static let maximumClients = 64
  private static let retryInterval = Duration.seconds(5)
  /// Short, as a service is killed some seconds after it was asked to end.
  private static let exitTimeout = Duration.seconds(2)

  /// Begins to listen, or tries again every five seconds.
  ///
  /// - Throws: `Failure` if the address is required and cannot be used.
  init(at address: SocketAddress, isRequired: Bool, _ messages: Messages) throws {
    self.address = address
    self.messages = messages
    name = "\(address)"
    do {
      listener = try listen()
    } catch let failure as Failure where !isRequired {
      messages.say(.warning, name, failure.reason)
      retry(failure.reason)
    }
  }

  var clientCount: Int { clients.count }
  /// Telegrams that clients lost because they were too slow.
  var droppedCount: Int { clients.reduce(earlierDrops) { $0 + $1.droppedCount } }

  var interests: [Interest] {
    let listening = retryAt == nil ? listener.map { [Interest.reading($0)] } ?? [] : []
    return listening + clients.flatMap(\.interests)
  }

  var deadline: ContinuousClock.Instant? { retryAt }

  /// Sends a telegram to all clients.
  mutating func add(_ telegram: Span<UInt8>, hasLineEnd: Bool) {
    guard !clients.isEmpty else { return }
    var copy = [UInt8](telegram)
    if !hasLineEnd { copy.append(contentsOf: "\r\n".utf8) }
    for index in clients.indices { clients[index].add(copy, messages) }
    removeDisconnected()
  }

  /// Accepts clients, sends what they have room for, and notices those that are gone.
  mutating func attend(_ ready: [Interest]) {
    if let retryAt, .now >= retryAt { resume() }
    for index in clients.indices { clients[index].attend(ready) }
    removeDisconnected()
    if let listener, retryAt == nil, ready.contains(.reading(listener)) { acceptClients(listener) }
  }

  /// Sends what is queued, as far as the clients take it in ``exitTimeout``, and disconnects them.
  mutating func close() {
    try? listener?.close()
    listener = nil
    let deadline = ContinuousClock.now + TelegramServer.exitTimeout
    while clients.contains(where: \.isWaiting), .now < deadline,
      let ready = try? wait(for: interests, until: deadline)
    {
      attend(ready)
    }
    for index in clients.indices { clients[index].close() }
    removeDisconnected()
  }

  // MARK: - Clients

  private mutating func acceptClients(_ listener: FileDescriptor) {
    do throws(Errno) {
      while let (socket, peer) = try SocketAddress.accept(from: listener) {
        if clients.count == TelegramServer.maximumClients { makePlace() }
        guard clients.count < TelegramServer.maximumClients,
          let client = TelegramClient(socket, "\(peer)")
        else {
          try? socket.close()
          messages.say(
            .warning, name,
            "\(peer) rejected: \(TelegramServer.maximumClients) clients are connected; close one",
            repeating: "too many clients")
          continue
        }
        clients.append(client)
        messages.say(.info, name, "\(peer) connected")
      }
    } catch {
      messages.say(.warning, name, "no client can connect: \(error)", repeating: "accept")
      retry("no client can connect: \(error)")
    }
  }

  /// Without telegrams, p1cat does not notice that a client is gone, so it disconnects one that has closed its sending
  /// side.
  private mutating func makePlace() {
    guard let index = clients.firstIndex(where: \.hasStoppedSending) else { return }
    clients[index].giveWay()
    removeDisconnected()
  }

  private mutating func removeDisconnected() {
    for client in clients {
      guard let reason = client.disconnectReason else { continue }
      earlierDrops += client.droppedCount
      messages.say(.info, name, "\(client.name) disconnected: \(reason)")
      if client.droppedCount > 0 {
        messages.say(
          .notice, name,
          "\(client.name) lost \(counted(client.droppedCount, "telegram")): it was too slow",
          repeating: "lost")
      }
    }
    clients.removeAll { $0.disconnectReason != nil }
  }

  // MARK: - Listening

  private mutating func retry(_ reason: String) {
    retryAt = .now + TelegramServer.retryInterval
    problem = "\(name): \(reason)"
  }

  private mutating func resume() {
    do {
      if listener == nil {
        listener = try listen()
        messages.say(.notice, name, "listening")
      }
      (retryAt, problem) = (nil, nil)
    } catch {
      retry((error as? Failure)?.reason ?? "\(error)")
    }
  }

  private func listen() throws -> FileDescriptor {
    do throws(Errno) {
      return try address.listen()
    } catch {
      let remedy =
        switch error {
        case .addressInUse: "; stop the program that uses it, or take another port"
        case .addressNotAvailable: "; use an address of this machine"
        case .permissionDenied: "; use a port from 1024 on"
        default: ""
        }
      let status: ExitStatus = error == .permissionDenied ? .noPermission : .unavailable
      throw Failure(name, "\(error)\(remedy)", status)
    }
  }
}
