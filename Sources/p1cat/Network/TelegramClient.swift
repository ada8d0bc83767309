import CommandLine
import Glibc
import SystemPackage

/// A client of ``TelegramServer``, with a buffer of its own for telegrams that it has not read yet.
struct TelegramClient {
  /// `192.168.1.7:40522`.
  let name: String
  private let socket: FileDescriptor
  private let output: NonblockingOutput
  private var queue = TelegramQueue(capacity: TelegramClient.bufferSize)
  private var receivedCount = 0
  /// Whether the client has closed its sending side. It is gone, or still receives, as `nc -N` does: only the next
  /// telegrams show which.
  private(set) var hasStoppedSending = false
  /// Why the client is gone; nil while it is connected.
  private(set) var disconnectReason: String?

  /// A thousand telegrams.
  private static let bufferSize = 1 << 20
  /// SO_SNDBUF, in bytes; the kernel doubles it (socket(7)).
  private static let socketBufferSize: Int32 = 64 * 1024
  /// A client has nothing to say, but some send a greeting.
  private static let maximumReceived = 64 * 1024

  /// - Parameter socket: a connection, which the client closes.
  init?(_ socket: FileDescriptor, _ name: String) {
    guard let output = NonblockingOutput(socket) else { return nil }
    socket.keepAlive()
    socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    socket.set(SOL_SOCKET, SO_SNDBUF, TelegramClient.socketBufferSize)
    self.output = output
    self.socket = socket
    self.name = name
  }

  /// Telegrams dropped because the client is too slow.
  var droppedCount: Int { queue.droppedCount }

  /// Whether the client has not taken all telegrams yet.
  var isWaiting: Bool { !queue.isEmpty && disconnectReason == nil }

  var interests: [Interest] {
    (hasStoppedSending ? [] : [.reading(socket)]) + (queue.isEmpty ? [] : [.writing(socket)])
  }

  mutating func add(_ telegram: [UInt8], _ messages: Messages) {
    let before = droppedCount
    queue.add(telegram)
    write()
    if before == 0, droppedCount > 0 {
      messages.say(
        .warning, name, "the client is too slow; dropping its oldest telegrams",
        repeating: "slow client")
    }
  }

  mutating func attend(_ ready: [Interest]) {
    if ready.contains(.reading(socket)) { discardInput() }
    if ready.contains(.writing(socket)) { write() }
  }

  /// Ends the connection after a whole telegram. What the kernel has buffered reaches the client even after the exit.
  mutating func close() {
    queue.dropUnbegun()
    // The rest of a telegram that was sent in part gets room in the kernel.
    socket.set(SOL_SOCKET, SO_SNDBUF, 2 * TelegramClient.socketBufferSize)
    write()
    // The kernel would reset a connection with unread input.
    discardInput()
    disconnect("p1cat exits")
  }

  /// Disconnects a client that may be gone, for another one.
  mutating func giveWay() { disconnect("it sends no more, and another client needs its place") }

  private mutating func write() {
    do {
      while isWaiting {
        let count = try output.write(queue.next.span, as: name)
        if count == 0 { return }
        queue.removeFirst(count)
      }
    } catch {
      disconnect((error as? Failure)?.reason ?? "closed by the client")
    }
  }

  private mutating func discardInput() {
    guard disconnectReason == nil, !hasStoppedSending else { return }
    var bytes: [UInt8] = []
    do throws(Errno) {
      try bytes.append(addingCapacity: 4096) { room throws(Errno) in
        try socket.read(into: &room)
      }
    } catch .wouldBlock, .interrupted {
      return
    } catch {
      return disconnect("\(error)")
    }
    receivedCount += bytes.count
    hasStoppedSending = bytes.isEmpty
    if receivedCount > TelegramClient.maximumReceived { disconnect("it sends data") }
  }

  private mutating func disconnect(_ reason: String) {
    guard disconnectReason == nil else { return }
    disconnectReason = reason
    try? socket.close()
  }
}
