#!/bin/bash
set -euo pipefail
/etc/confluent/docker/configure
kafka-storage format --ignore-formatted -t "$CLUSTER_ID" -c /etc/kafka/kafka.properties
exec java ${KAFKA_HEAP_OPTS:--Xmx512m} -cp '/usr/share/java/kafka/*' kafka.Kafka /etc/kafka/kafka.properties
