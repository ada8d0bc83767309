/// The settings of all tools, in the order of the README's table and of p1.conf(5).
public let allSettingGroups: [any SettingGroup] = [
  SerialLineGroup(),
  BrokerGroup(),
  MessageGroup(),
  ReceivingGroup(),
  DatabaseServerGroup(), PointGroup(), BatchGroup(), InputGroup<InfluxSink>(),
  BufferingGroup<InfluxSink>(),
  InputGroup<MQTTSink>(), BufferingGroup<MQTTSink>(), BothSinksGroup(), MonitoringGroup(),
]
