import CommandLine
import Testing

@testable import p1mqtt

/// Where a broker is, as users write it.
@Suite struct BrokerAddressTests {
  @Test(
    arguments: [
      ("broker.lan", "broker.lan", nil, nil), ("::1", "::1", nil, nil), ("[::1]", "::1", nil, nil),
      ("fe80::1%eth0", "fe80::1%eth0", nil, nil),
      ("broker.lan:1884", "broker.lan", 1884, nil), ("[::1]:1883", "::1", 1883, nil),
      ("mqtt://broker.lan", "broker.lan", nil, false), ("MQTTS://b/", "b", nil, true),
      ("mqtts://broker.lan:8884", "broker.lan", 8884, true), ("mqtt://[::1]:1", "::1", 1, false),
      ("mqtt://[::1]", "::1", nil, false), ("mqtt://::1", "::1", nil, false),
    ] as [(String, String, Int?, Bool?)])
  func anAddressIsRead(_ text: String, _ host: String, _ port: Int?, _ isEncrypted: Bool?) throws {
    let address = try BrokerAddress(text) { Failure("--broker", $0, .usage) }
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.isEncrypted == isEncrypted)
    #expect(!address.isSocket)
  }

  @Test(arguments: ["unix:/run/m.sock", "unix:///run/m.sock"])
  func aSocketIsRead(_ text: String) throws {
    let address = try BrokerAddress(text) { Failure("--broker", $0, .usage) }
    #expect(address.isSocket && address.host == "/run/m.sock")
  }

  @Test(arguments: [
    ("broker.lan:", "no port"), ("mqtt://b:0", "no port"),
    ("mqtt://b:x", "no port"), ("mqtt://b:65536", "no port"), ("mqtt://", "not a host name"),
    ("http://b", "not a host name"), ("a b", "not a host name"),
    ("%", "not a host name"), ("[", "not a host name"), ("[::1", "not a host name"),
    ("::1%", "not a host name"), ("a..b", "not a host name"), ("", "not a host name"),
    ("mqtt://%", "not a host name"), ("mqtt://:1883", "not a host name"),
    ("1.2.3.4.5", "not a host name"), ("mqtt://b:+1", "no port"),
    ("unix:run/m.sock", "is not the absolute path of a socket"),
    ("mqtt://b/path", "not a host name"),
    ("mqtt://user:hunter2@b", "an address must not contain a user or a password"),
  ])
  func whatIsNoneIsRefused(_ text: String, _ reason: String) {
    do {
      _ = try BrokerAddress(text) { Failure("--broker", $0, .usage) }
      Issue.record("taken: \(text)")
    } catch let failure as Failure {
      #expect(failure.reason.contains(reason), "\(failure.reason)")
      #expect(!failure.reason.contains("hunter2"))
    } catch {
      Issue.record(error)
    }
  }
}
