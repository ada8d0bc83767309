/// The keys of p1cat for meters that encrypt their telegrams.
public struct EncryptionGroup: SettingGroup {
  public static let title = "Encrypted telegrams"

  public let keyFile = Setting(
    "SER_KEY_FILE", option: "key-file", .file,
    help: "Decrypt telegrams with the key in this file.",
    manual: """
      A file that others can read is rejected.
      See
      .Sx ENCRYPTED TELEGRAMS .
      """)
  public let authenticationKeyFile = Setting(
    "SER_AUTH_KEY_FILE", option: "auth-key-file", .file,
    ifUnset: "the public key of Luxembourg",
    help: "Verify the tags of encrypted telegrams with the authentication key in this file.",
    manual: "It has the same format as the file of --key-file.")
  public let strictTag = Setting(
    "SER_STRICT_TAG", option: "strict-tag", .flag, default: false, isInvertible: true,
    help: "Reject encrypted telegrams without a right authentication tag.",
    manual: """
      Some meters in Luxembourg send wrong tags, so by default a telegram with a wrong tag is accepted
      if its own checksum is right.
      .Nm
      logs that once, and counts it.
      """)
  public let rejectReplay = Setting(
    "SER_REJECT_REPLAY", option: "reject-replay", .flag, default: false, isInvertible: true,
    help: "Reject encrypted telegrams whose frame counter is not greater than all earlier ones.",
    manual: """
      Such a telegram was sent before, and somebody may have recorded it; by default it is only logged.
      The counter is kept in memory, so after a restart any counter is accepted.
      It begins again when the grid operator changes the key; then restart
      .Nm .
      """)

  public init() {}
}
