#!/bin/bash
# KAFKA_FOO_BAR=x becomes foo.bar=x: three underscores are a hyphen, two are one, one is a dot.
set -euo pipefail
{
  echo log.dirs=/var/lib/kafka/data
  env -0 | while IFS='=' read -r -d '' name value; do
    case $name in KAFKA_HEAP_OPTS | KAFKA_OPTS) continue ;; KAFKA_*) ;; *) continue ;; esac
    key=${name#KAFKA_} key=${key//___/-} key=${key//__/:} key=${key//_/.} key=${key//:/_}
    echo "${key,,}=$value"
  done
} > /etc/kafka/kafka.properties
