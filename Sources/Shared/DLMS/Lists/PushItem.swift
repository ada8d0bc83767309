import Metrics

/// A value in a list that a meter pushes.
struct PushItem: Equatable {
  /// Nil if only its position tells what it is.
  var code: OBISCode?
  let value: AXDRValue
  /// Its scaler and unit; nil if the list has none for it.
  var scale: AXDRValue?
}

extension [PushItem] {
  /// The values in the body of a data-notification, in order; nil if the body has no known shape.
  ///
  /// Each value may follow its code, or its class, code and attribute; its scaler and unit may follow it. These parts
  /// may be in a structure of their own. Values without codes are meant by their position. Landis+Gyr pushes the list
  /// of the objects first.
  init?(_ body: AXDRValue) {
    self = []
    guard case .list(let values) = body, !values.isEmpty else { return nil }
    guard let objects = PushObject.list(values[0]), values.count > 1 else {
      guard append(values) else { return nil }
      return
    }
    // The list may be the value of its own first object.
    let isFirst = objects.count == values.count
    guard isFirst || objects.count + 1 == values.count else { return nil }
    for (object, value) in zip(objects.dropFirst(isFirst ? 1 : 0), values.dropFirst()) {
      append(value, of: object)
    }
  }

  /// Appends the values of a structure, or of an array; returns false for parts that do not belong together.
  private mutating func append(_ values: [AXDRValue]) -> Bool {
    var rest = values[...]
    while let value = rest.popFirst() {
      if case .list(let inner) = value {
        guard value.scalerAndUnit == nil, append(inner) else { return false }
      } else if let object = PushObject(value, rest.prefix(2)), rest.count > 2 {
        append(rest[rest.startIndex + 2], of: object)
        rest.removeFirst(3)
        takeScale(from: &rest)
      } else if let code = value.code {
        guard let value = rest.popFirst(), value.scalerAndUnit == nil else { return false }
        append(PushItem(code: code, value: value))
        takeScale(from: &rest)
      } else {
        append(PushItem(code: nil, value: value))
      }
    }
    return true
  }

  private mutating func takeScale(from rest: inout ArraySlice<AXDRValue>) {
    guard let scale = rest.first, scale.scalerAndUnit != nil else { return }
    rest.removeFirst()
    if !isEmpty { self[count - 1].scale = scale }
  }

  /// Appends an attribute of an object: its value, or the scaler and unit of its value.
  private mutating func append(_ value: AXDRValue, of object: PushObject) {
    switch object.attribute {
    case 2 where object.isMeasured: append(PushItem(code: object.code, value: value))
    case 3 where value.scalerAndUnit != nil:
      if let index = lastIndex(where: { $0.code == object.code }) { self[index].scale = value }
    default: break
    }
  }
}

/// An attribute of an object that a meter pushes (DLMS UA 1000-1, push_object_list).
private struct PushObject {
  let code: OBISCode
  let attribute: Int64
  /// Whether its value is measured or identifies the meter, and does not set up the push.
  let isMeasured: Bool

  private static let pushSetup: UInt64 = 40

  /// Class, code and attribute; nil for other values.
  init?(_ first: AXDRValue, _ rest: ArraySlice<AXDRValue>) {
    guard case .unsigned(let objectClass, byteCount: 2) = first, rest.count == 2,
      let code = rest.first?.code, case .signed(let attribute, byteCount: 1)? = rest.last
    else {
      return nil
    }
    self.code = code
    self.attribute = attribute
    isMeasured = objectClass != PushObject.pushSetup
  }

  /// The objects in an array of class, code, attribute and index; nil for any other value.
  static func list(_ value: AXDRValue) -> [PushObject]? {
    guard case .list(let entries) = value, !entries.isEmpty else { return nil }
    let objects = entries.compactMap { entry -> PushObject? in
      guard case .list(let parts) = entry, parts.count == 4,
        case .unsigned(_, byteCount: 2) = parts[3]
      else {
        return nil
      }
      return PushObject(parts[0], parts[1...2])
    }
    return objects.count == entries.count ? objects : nil
  }
}

extension AXDRValue {
  /// The code that six octets are, of a medium that there is: no text begins with such a byte.
  fileprivate var code: OBISCode? {
    guard case .octets(let octets) = self, octets.count == 6, octets[0] < 16 else { return nil }
    return OBISCode(octets[0], octets[1], octets[2], octets[3], octets[4], octets[5])
  }
}
