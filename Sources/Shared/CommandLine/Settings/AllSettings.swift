/// The settings of all tools, in the order of the README's table and of p1.conf(5).
public let allSettingGroups: [any SettingGroup] = [
  SourceGroup(), SerialLineGroup(), EncryptionGroup(), DLMSGroup(), OutputGroup(), DamageGroup(),
  RecordGroup(), PeriodGroup(), TimeGroup(), SpecificationGroup(), ListingGroup(),
  ReadingsGroup(),
  BrokerGroup(), MessageGroup(), ReceivingGroup(), InputGroup<MQTTSink>(),
  BufferingGroup<MQTTSink>(),
  DatabaseServerGroup(), PointGroup(), BatchGroup(), InputGroup<InfluxSink>(),
  BufferingGroup<InfluxSink>(), BothSinksGroup(), MonitoringGroup(), MetricsGroup(),
]
