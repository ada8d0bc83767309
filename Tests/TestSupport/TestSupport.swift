// What ProcessTests and ServerTests need to run the tools as a user does.
//
//   Programs/  start a program with a clean environment, write to it, wait for its output with a
//              deadline, and end it with everything it started; a pseudo-terminal as its meter
//   Network/   servers inside the test process that misbehave as a test scripts them; TLS in front
//   MQTT/      a scripted broker, and subscribers and publishers by the programs of mosquitto
//   Servers/   real brokers and databases, each with a directory and a free port
//
// A plain client or server is a program where there is one: mosquitto_sub, mosquitto_pub, curl,
// openssl, python3. What is written here is what they cannot do: a broker that stops reading after the
// third message, an answer that ends in the middle, and a record of all that was received.
// ServerHarnessTests test this code against those programs.
