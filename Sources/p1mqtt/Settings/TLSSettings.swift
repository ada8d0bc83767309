import CMosquitto
import CommandLine
import Sinks

/// How a connection is encrypted, and how each side knows the other.
struct TLSSettings {
  /// The authorities that are trusted; nil for those of the system.
  let caFile: String?
  /// What is presented to the broker.
  let certificate: (file: String, keyFile: String)?
  /// The protocol that is asked for (RFC 7301).
  let alpn: String?

  private static let group = BrokerGroup()

  /// Nil where nothing asks for encryption.
  ///
  /// - Throws: `Failure` for a setting that cannot be used.
  init?(_ settings: Settings, _ address: BrokerAddress) throws {
    let group = TLSSettings.group
    caFile = try settings.readableFile(group.caFile, fault: PEM.faultOfCertificate)
    let certificateFile = try settings.readableFile(
      group.certificateFile, fault: PEM.faultOfCertificate)
    let keyFile = try settings.readableFile(group.keyFile, fault: PEM.faultOfKey)
    alpn = try settings[group.alpn]
    let cause = [group.caFile, group.certificateFile, group.keyFile, group.alpn].first {
      settings.isSet($0)
    }
    let flag = try settings[group.tls]
    guard flag == true || address.isEncrypted == true || cause != nil else { return nil }
    guard flag != false else {
      let text = cause?.text ?? "the address of the broker"
      throw settings.failure(
        group.tls, "TLS is off, but \(text) needs it; turn TLS on, or remove that setting")
    }
    guard address.isEncrypted != false else {
      throw settings.failure(
        cause ?? group.tls, "an mqtt: or unix: address is not encrypted; use mqtts:")
    }
    certificate = try TLSSettings.pair(certificateFile, keyFile, settings)
    try checkFiles(settings)
  }

  /// A file that OpenSSL cannot read would fail each connection.
  private func checkFiles(_ settings: Settings) throws {
    let group = TLSSettings.group
    switch unsafe tls_fault(caFile, certificate?.file, certificate?.keyFile) {
    case tls_bad_ca:
      throw settings.failure(group.caFile, "\(caFile ?? ""): its certificates cannot be read")
    case tls_bad_certificate:
      throw settings.failure(
        group.certificateFile, "\(certificate?.file ?? ""): its certificate cannot be read")
    case tls_bad_key:
      throw settings.failure(
        group.keyFile, "\(certificate?.keyFile ?? ""): its key cannot be read")
    case tls_no_pair:
      throw settings.failure(
        group.keyFile, "\(certificate?.keyFile ?? ""): the key does not belong to the certificate")
    default: break
    }
  }

  private static func pair(
    _ certificate: String?, _ key: String?, _ settings: Settings
  ) throws -> (String, String)? {
    switch (certificate, key) {
    case (let certificate?, let key?): return (certificate, key)
    case (nil, nil): return nil
    case (_?, nil):
      throw settings.failure(group.certificateFile, "it needs a key; set \(group.keyFile.text)")
    case (nil, _?):
      throw settings.failure(
        group.keyFile, "it needs a certificate; set \(group.certificateFile.text)")
    }
  }
}
