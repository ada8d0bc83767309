import Foundation
import TestSupport
import TestValues
import Testing

/// A network that is interrupted, in its own namespace.
@Suite struct CatNetworkTests {
  /// A server in one namespace, p1cat in another, and a cable between them that is pulled out when
  /// the file `down` is there, and put in again with `up`.
  private static let script = """
    ip link add p1a type veth peer name p1b
    unshare -n sleep 60 &
    until [[ $(readlink /proc/$!/ns/net) != "$(readlink /proc/self/ns/net)" ]]; do sleep 0.01; done
    ip link set p1b netns $!
    nsenter -t $! -n ip address add 10.99.0.2/24 dev p1b
    nsenter -t $! -n ip link set p1b up
    ip address add 10.99.0.1/24 dev p1a
    ip link set p1a up
    nsenter -t $! -n python3 -c "$1" &
    p1cat --silence 1 tcp://10.99.0.2:2001 &
    until [[ -e down ]]; do sleep 0.05; done
    ip link set p1a down
    until [[ -e up ]]; do sleep 0.05; done
    ip link set p1a up
    wait
    """

  /// Sends the telegram of standard input every tenth of a second, to each who connects.
  private static let server = """
    import socket, sys, threading, time
    telegram = open("telegram", "rb").read()
    def send(peer):
      try:
        while True:
          peer.sendall(telegram)
          time.sleep(0.1)
      except OSError: pass
    listener = socket.create_server(("10.99.0.2", 2001))
    while True:
      threading.Thread(target=send, args=(listener.accept()[0],), daemon=True).start()
    """

  @Test func cableThatIsPulledOutAndPutInAgain() async throws {
    guard try await Namespaces.haveNetworks() else { return }
    try await TemporaryDirectory.with { directory in
      try directory.write(SampleTelegram.numbered(), to: "telegram")
      let program = Program(
        "unshare", ["-rn", "/bin/bash", "-ec", Self.script, "bash", Self.server],
        directory: directory.path)
      try await program.whileRunning { reader in
        try await reader.waitForOutput(SampleTelegram.numbered())
        try directory.write("", to: "down")
        try await reader.waitForError("nothing received for 1 s; trying again\n")
        try await reader.waitForError("; trying again\np1cat: tcp://10.99.0.2:2001: ")
        let before = reader.output.count
        try directory.write("", to: "up")
        try await reader.waitForError(
          "p1cat: tcp://10.99.0.2:2001: receiving telegrams again after ", within: .seconds(20))
        try await reader.wait(for: "more telegrams") { $0.output.count > before }
        #expect(reader.text.replacing(SampleTelegram.numbered(), with: "").isEmpty)
      }
    }
  }
}
