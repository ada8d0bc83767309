import CommandLine

/// What is wrong with the files of certificates and keys, which the libraries read only once they connect.
public enum PEM {
  /// That there is no certificate; nil where there is one.
  public static func faultOfCertificate(_ text: [UInt8]) -> String? {
    contains("CERTIFICATE-----", in: text) ? nil : "there is no certificate in it (PEM)"
  }

  /// That there is no private key, or one that is encrypted (`BEGIN ENCRYPTED PRIVATE KEY`,
  /// `Proc-Type: 4,ENCRYPTED`); nil where there is one to use.
  public static func faultOfKey(_ text: [UInt8]) -> String? {
    if contains("ENCRYPTED", in: text) {
      return "the key is behind a password: openssl pkey frees it"
    }
    return contains("PRIVATE KEY-----", in: text) ? nil : "there is no private key in it (PEM)"
  }

  private static func contains(_ words: String, in text: [UInt8]) -> Bool {
    String(decoding: text, as: UTF8.self).contains(words)
  }
}
