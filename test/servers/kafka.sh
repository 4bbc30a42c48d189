#!/usr/bin/env bash
# Starts one Kafka broker from its published jars, for machines where no image can be pulled.
# kafka.sh [port]: prints the file of its authority and the process id; ending that process stops the broker. Needs Java 17, Maven and openssl.
# Beside the plain listener there is one with TLS and SASL at port + 2, whose certificate that authority made: for user margay with password
# margay-secret, who may do all, and by PLAIN for hub (hub-secret) and cell (cell-secret), who may do what ACLs say.
set -euo pipefail
. "$(dirname "$0")/run-folder.sh"
port=${1:-19092}
version=4.1.0
home=${MARGAY_SERVERS:-$HOME/.cache/margay-test}/kafka-$version
jars=$home/jars

if [ ! -d "$jars" ]; then
  build=$(mktemp -d)
  cat > "$build/pom.xml" << POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>margay.test</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
  mvn -q -B -f "$build/pom.xml" dependency:copy-dependencies -DoutputDirectory="$build/jars" >&2
  mkdir -p "$home"
  mv "$build/jars" "$jars"
fi

run=$(run_folder "$home")
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=margay-test -addext 'subjectAltName=IP:127.0.0.1' \
  -keyout "$run/key.pem" -out "$run/cert.pem" 2> /dev/null
cat "$run/key.pem" "$run/cert.pem" > "$run/server.pem"
cat > "$run/broker.properties" << PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1)),SASL_SSL://127.0.0.1:$((port + 2))
advertised.listeners=PLAINTEXT://127.0.0.1:$port,SASL_SSL://127.0.0.1:$((port + 2))
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_margay="margay-secret" user_hub="hub-secret" user_cell="cell-secret";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:margay
ssl.keystore.type=PEM
ssl.keystore.location=$run/server.pem
log.dirs=${MARGAY_KAFKA_DATA:-$run/data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES

java -cp "$jars/*" kafka.tools.StorageTool format --ignore-formatted -t 4L6g3nShT-eMCtK--X86sw -c "$run/broker.properties" \
  --add-scram 'SCRAM-SHA-512=[name=margay,password=margay-secret]' --add-scram 'SCRAM-SHA-256=[name=margay,password=margay-secret]' > "$run/format.log" 2>&1
nohup java -Xmx512m -cp "$jars/*" kafka.Kafka "$run/broker.properties" > "$run/broker.log" 2>&1 &
broker=$!
for _ in $(seq 360); do
  if grep -q 'Kafka Server started' "$run/broker.log"; then
    echo "$run/cert.pem"
    echo "$broker"
    exit
  fi
  kill -0 "$broker" 2> /dev/null || break
  sleep 0.5
done
kill "$broker" 2> /dev/null || true
echo "The broker did not start; its log is $run/broker.log" >&2
exit 1
