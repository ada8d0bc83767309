import CommandLine

/// Checks files of certificates and keys, which the libraries read only when they connect.
public enum PEM {
  /// What is wrong with a file of certificates; nil for nothing.
  public static func faultOfCertificate(_ text: [UInt8]) -> String? {
    contains("CERTIFICATE-----", in: text) ? nil : "it contains no certificate in PEM form"
  }

  /// What is wrong with a file of a private key; nil for nothing. An encrypted key (`BEGIN ENCRYPTED PRIVATE
  /// KEY`, `Proc-Type: 4,ENCRYPTED`) would need its password.
  public static func faultOfKey(_ text: [UInt8]) -> String? {
    if contains("ENCRYPTED", in: text) {
      return "the key is encrypted; decrypt it with openssl pkey"
    }
    return contains("PRIVATE KEY-----", in: text) ? nil : "it contains no private key in PEM form"
  }

  private static func contains(_ words: String, in text: [UInt8]) -> Bool {
    String(decoding: text, as: UTF8.self).contains(words)
  }
}
