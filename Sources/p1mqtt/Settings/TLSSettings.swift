import CMosquitto
import CommandLine
import Sinks

/// How a connection is encrypted, and how each side knows the other.
struct TLSSettings {
  /// The authorities that are trusted; nil for those of the system.
  let caFile: String?
  /// What we show to the broker.
  let certificate: (file: String, keyFile: String)?
  /// The protocol that is asked for (RFC 7301).
  let alpn: String?
  /// A key that both sides have, in place of certificates (RFC 4279).
  let sharedKey: (identity: String, bytes: [UInt8])?

  /// Nil where nothing asks for encryption.
  ///
  /// - Parameters:
  ///   - environment: the settings.
  ///   - address: that of the broker.
  /// - Throws: `Failure` for a setting that cannot be used.
  init?(_ environment: Environment, _ address: BrokerAddress) throws {
    caFile = try environment.file(.mqttCAFile, refusing: PEM.faultOfCertificate)
    let certificateFile = try environment.file(
      .mqttCertificateFile, refusing: PEM.faultOfCertificate)
    let keyFile = try environment.file(.mqttKeyFile, refusing: PEM.faultOfKey)
    // RFC 7301, 3.1; OpenSSL's PSK_MAX_IDENTITY_LEN.
    alpn = try environment.text(.mqttALPN, limit: 255)
    let identity = try environment.text(.mqttPSKIdentity, limit: 128)
    sharedKey = try TLSSettings.sharedKey(identity, environment)
    let asked = [
      (SettingName.mqttCAFile, caFile), (.mqttCertificateFile, certificateFile),
      (.mqttKeyFile, keyFile), (.mqttALPN, alpn), (.mqttPSKIdentity, identity),
    ].first { $0.1 != nil }?.0
    let flag = try environment.flag(.mqttTLS)
    guard flag == true || address.isEncrypted == true || asked != nil else { return nil }
    guard flag != false else {
      throw environment.refused(.mqttTLS, "TLS is off, though the other settings ask for it")
    }
    guard address.isEncrypted != false else {
      throw environment.refused(
        asked ?? .mqttTLS, "the broker is mqtt: or unix:, which is not encrypted")
    }
    certificate = try TLSSettings.pair(certificateFile, keyFile, environment)
    try checkFiles(environment)
    guard sharedKey == nil || caFile == nil && certificate == nil && alpn == nil else {
      throw environment.refused(
        .mqttPSKIdentity, "a shared key stands in for certificates, and goes without ALPN")
    }
  }

  /// What OpenSSL cannot read, no connection can be made with, however often it is tried.
  private func checkFiles(_ environment: Environment) throws {
    switch unsafe tls_fault(caFile, certificate?.file, certificate?.keyFile) {
    case tls_bad_ca:
      throw environment.refused(.mqttCAFile, "\(caFile ?? ""): its certificates cannot be read")
    case tls_bad_certificate:
      throw environment.refused(
        .mqttCertificateFile, "\(certificate?.file ?? ""): its certificate cannot be read")
    case tls_bad_key:
      throw environment.refused(
        .mqttKeyFile, "\(certificate?.keyFile ?? ""): its key cannot be read")
    case tls_no_pair:
      throw environment.refused(
        .mqttKeyFile, "\(certificate?.keyFile ?? ""): the key is not that of the certificate")
    default: break
    }
  }

  private static func pair(
    _ certificate: String?, _ key: String?, _ environment: Environment
  ) throws -> (String, String)? {
    switch (certificate, key) {
    case (let certificate?, let key?): return (certificate, key)
    case (nil, nil): return nil
    case (_?, nil):
      throw environment.refused(.mqttCertificateFile, "needs \(SettingName.mqttKeyFile.rawValue)")
    case (nil, _?):
      throw environment.refused(.mqttKeyFile, "needs \(SettingName.mqttCertificateFile.rawValue)")
    }
  }

  private static func sharedKey(
    _ identity: String?, _ environment: Environment
  ) throws -> (String, [UInt8])? {
    guard let identity else {
      let keys = [SettingName.mqttPSKFile, .mqttPSK]
      if let key = keys.first(where: { environment.string($0) != nil }) {
        throw Failure(
          key.rawValue, "needs \(SettingName.mqttPSKIdentity.rawValue)", .configuration)
      }
      return nil
    }
    guard let key = try Secret.read(environment, .mqttPSK, file: .mqttPSKFile) else {
      throw environment.refused(
        .mqttPSKIdentity,
        "needs its key: \(SettingName.mqttPSKFile.rawValue) or \(SettingName.mqttPSK.rawValue)")
    }
    let digits = key.value.compactMap(\.hexDigitValue)
    guard digits.count == key.value.count else {
      throw Failure(
        SettingName.mqttPSK.rawValue, "the key is not written in hexadecimal digits", .configuration
      )
    }
    // OpenSSL takes so many.
    guard digits.count.isMultiple(of: 2), (1...256).contains(digits.count / 2) else {
      throw Failure(
        SettingName.mqttPSK.rawValue, "the key is not two digits for each of 1 to 256 bytes",
        .configuration)
    }
    let bytes = stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
    return (identity, bytes)
  }
}
