extension ListDefinitions {
  /// The definitions that are built in, as a file: ``ListDefinitionReader``.
  public static let builtInText = #"""
    # The lists of DLMS meters that are built in.
    {
        # Aidon, Norway. Its lists tell codes and units.
        "ADN AIDON_V0001": [],

        # Kaifa, Norway: MA304H3E, MA304H4, MA105H2E. The first list has no identifier.
        "KFM KFM_001/1": [
            ["Power taken from the grid", "1-0:1.7.0", "number W"],
        ],
        "KFM KFM_001/9": [
            ["Version of the list", "1-1:0.2.129", "text"],
            ["Number of the meter", "0-0:96.1.0", "text"],
            ["Type of the meter", "0-0:96.1.7", "text"],
            ["Power taken from the grid", "1-0:1.7.0", "number W"],
            ["Power given to the grid", "1-0:2.7.0", "number W"],
            ["Reactive power taken from the grid", "1-0:3.7.0", "number var"],
            ["Reactive power given to the grid", "1-0:4.7.0", "number var"],
            ["Current", "1-0:31.7.0", "number mA"],
            ["Voltage", "1-0:32.7.0", "number 0.1 V"],
        ],
        "KFM KFM_001/13": [
            ["Version of the list", "1-1:0.2.129", "text"],
            ["Number of the meter", "0-0:96.1.0", "text"],
            ["Type of the meter", "0-0:96.1.7", "text"],
            ["Power taken from the grid", "1-0:1.7.0", "number W"],
            ["Power given to the grid", "1-0:2.7.0", "number W"],
            ["Reactive power taken from the grid", "1-0:3.7.0", "number var"],
            ["Reactive power given to the grid", "1-0:4.7.0", "number var"],
            ["Current on phase L1", "1-0:31.7.0", "number mA"],
            ["Current on phase L2", "1-0:51.7.0", "number mA"],
            ["Current on phase L3", "1-0:71.7.0", "number mA"],
            ["Voltage on phase L1", "1-0:32.7.0", "number 0.1 V"],
            ["Voltage on phase L2", "1-0:52.7.0", "number 0.1 V"],
            ["Voltage on phase L3", "1-0:72.7.0", "number 0.1 V"],
        ],
        "KFM KFM_001/14": [
            ["Version of the list", "1-1:0.2.129", "text"],
            ["Number of the meter", "0-0:96.1.0", "text"],
            ["Type of the meter", "0-0:96.1.7", "text"],
            ["Power taken from the grid", "1-0:1.7.0", "number W"],
            ["Power given to the grid", "1-0:2.7.0", "number W"],
            ["Reactive power taken from the grid", "1-0:3.7.0", "number var"],
            ["Reactive power given to the grid", "1-0:4.7.0", "number var"],
            ["Current", "1-0:31.7.0", "number mA"],
            ["Voltage", "1-0:32.7.0", "number 0.1 V"],
            ["Time of the meter", "0-0:1.0.0", "timestamp"],
            ["Energy taken from the grid", "1-0:1.8.0", "number Wh"],
            ["Energy given to the grid", "1-0:2.8.0", "number Wh"],
            ["Reactive energy taken from the grid", "1-0:3.8.0", "number varh"],
            ["Reactive energy given to the grid", "1-0:4.8.0", "number varh"],
        ],
        "KFM KFM_001/18": [
            ["Version of the list", "1-1:0.2.129", "text"],
            ["Number of the meter", "0-0:96.1.0", "text"],
            ["Type of the meter", "0-0:96.1.7", "text"],
            ["Power taken from the grid", "1-0:1.7.0", "number W"],
            ["Power given to the grid", "1-0:2.7.0", "number W"],
            ["Reactive power taken from the grid", "1-0:3.7.0", "number var"],
            ["Reactive power given to the grid", "1-0:4.7.0", "number var"],
            ["Current on phase L1", "1-0:31.7.0", "number mA"],
            ["Current on phase L2", "1-0:51.7.0", "number mA"],
            ["Current on phase L3", "1-0:71.7.0", "number mA"],
            ["Voltage on phase L1", "1-0:32.7.0", "number 0.1 V"],
            ["Voltage on phase L2", "1-0:52.7.0", "number 0.1 V"],
            ["Voltage on phase L3", "1-0:72.7.0", "number 0.1 V"],
            ["Time of the meter", "0-0:1.0.0", "timestamp"],
            ["Energy taken from the grid", "1-0:1.8.0", "number Wh"],
            ["Energy given to the grid", "1-0:2.8.0", "number Wh"],
            ["Reactive energy taken from the grid", "1-0:3.8.0", "number varh"],
            ["Reactive energy given to the grid", "1-0:4.8.0", "number varh"],
        ],

        # Kaifa, Austria: the list tells codes and units, but not the code of the meter's number.
        "KFM": [
            ["Number of the meter", "0-0:96.1.0", "text"],
        ],

        # Kamstrup, Norway, Sweden and Denmark: codes without units. A meter with current transformers counts the
        # current in 0.001 A.
        "KAM Kamstrup_V0001": [
            ["Number of the meter", "1-1:0.0.1", "number"],
            ["Power taken from the grid", "1-1:1.7.0", "number W"],
            ["Power given to the grid", "1-1:2.7.0", "number W"],
            ["Reactive power taken from the grid", "1-1:3.7.0", "number var"],
            ["Reactive power given to the grid", "1-1:4.7.0", "number var"],
            ["Power taken from the grid on phase L1", "1-1:21.7.0", "number W"],
            ["Power taken from the grid on phase L2", "1-1:41.7.0", "number W"],
            ["Power taken from the grid on phase L3", "1-1:61.7.0", "number W"],
            ["Power given to the grid on phase L1", "1-1:22.7.0", "number W"],
            ["Power given to the grid on phase L2", "1-1:42.7.0", "number W"],
            ["Power given to the grid on phase L3", "1-1:62.7.0", "number W"],
            ["Current on phase L1", "1-1:31.7.0", "number 0.01 A"],
            ["Current on phase L2", "1-1:51.7.0", "number 0.01 A"],
            ["Current on phase L3", "1-1:71.7.0", "number 0.01 A"],
            ["Voltage on phase L1", "1-1:32.7.0", "number V"],
            ["Voltage on phase L2", "1-1:52.7.0", "number V"],
            ["Voltage on phase L3", "1-1:72.7.0", "number V"],
            ["Power factor", "1-1:13.7.0", "number 0.01"],
            ["Power factor on phase L1", "1-1:33.7.0", "number 0.01"],
            ["Power factor on phase L2", "1-1:53.7.0", "number 0.01"],
            ["Power factor on phase L3", "1-1:73.7.0", "number 0.01"],
            ["Energy taken from the grid", "1-1:1.8.0", "number 10 Wh"],
            ["Energy given to the grid", "1-1:2.8.0", "number 10 Wh"],
            ["Reactive energy taken from the grid", "1-1:3.8.0", "number 10 varh"],
            ["Reactive energy given to the grid", "1-1:4.8.0", "number 10 varh"],
            ["Energy taken from the grid on phase L1", "1-1:21.8.0", "number 10 Wh"],
            ["Energy taken from the grid on phase L2", "1-1:41.8.0", "number 10 Wh"],
            ["Energy taken from the grid on phase L3", "1-1:61.8.0", "number 10 Wh"],
            ["Energy given to the grid on phase L1", "1-1:22.8.0", "number 10 Wh"],
            ["Energy given to the grid on phase L2", "1-1:42.8.0", "number 10 Wh"],
            ["Energy given to the grid on phase L3", "1-1:62.8.0", "number 10 Wh"],
        ],

        # Landis+Gyr, Austria and Switzerland: codes without units.
        "LGZ": [
            ["Power taken from the grid", "1-0:1.7.0", "number W"],
            ["Power given to the grid", "1-0:2.7.0", "number W"],
            ["Reactive power taken from the grid", "1-0:3.7.0", "number var"],
            ["Reactive power given to the grid", "1-0:4.7.0", "number var"],
            ["Energy taken from the grid", "1-0:1.8.0", "number Wh"],
            ["Energy taken from the grid in tariff 1", "1-0:1.8.1", "number Wh"],
            ["Energy taken from the grid in tariff 2", "1-0:1.8.2", "number Wh"],
            ["Energy given to the grid", "1-0:2.8.0", "number Wh"],
            ["Energy given to the grid in tariff 1", "1-0:2.8.1", "number Wh"],
            ["Energy given to the grid in tariff 2", "1-0:2.8.2", "number Wh"],
            ["Reactive energy taken from the grid", "1-0:3.8.0", "number varh"],
            ["Reactive energy taken from the grid in tariff 1", "1-0:3.8.1", "number varh"],
            ["Reactive energy taken from the grid in tariff 2", "1-0:3.8.2", "number varh"],
            ["Reactive energy given to the grid", "1-0:4.8.0", "number varh"],
            ["Reactive energy given to the grid in tariff 1", "1-0:4.8.1", "number varh"],
            ["Reactive energy given to the grid in tariff 2", "1-0:4.8.2", "number varh"],
        ],

        # Iskraemeco, Vienna.
        "ISK/9": [
            ["Time of the meter", "0-0:1.0.0", "timestamp"],
            ["Energy taken from the grid", "1-0:1.8.0", "number Wh"],
            ["Energy given to the grid", "1-0:2.8.0", "number Wh"],
            ["Reactive energy taken from the grid", "1-0:3.8.0", "number varh"],
            ["Reactive energy given to the grid", "1-0:4.8.0", "number varh"],
            ["Power taken from the grid", "1-0:1.7.0", "number W"],
            ["Power given to the grid", "1-0:2.7.0", "number W"],
            ["Reactive power taken from the grid", "1-0:3.7.0", "number var"],
            ["Reactive power given to the grid", "1-0:4.7.0", "number var"],
        ],
    }

    """#
}
