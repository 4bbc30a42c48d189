#!/usr/bin/env bash
# Makes stand-ins for the images that the tests' containers run, under the same tags, where no image can be pulled but a
# container runtime answers: so that the way through containers can be tried there. They hold the real servers' jars, as the scripts
# beside this folder fetch them, and as much of each image's layout as the tests need; they are good for nothing else.
#
#   MARGAY_TEST_SERVERS=assembled npm run test:real   # once, which fetches the jars
#   test/servers/images/make.sh
#
# Needs docker, Java 17, Go, openssl, and debootstrap where debian:12-slim cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${MARGAY_SERVERS:-$HOME/.cache/margay-test}
java=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

if ! docker image inspect debian:12-slim > /dev/null 2>&1 && ! docker pull -q debian:12-slim; then
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -1)
  debootstrap --variant=minbase bookworm "$context/debian" "$mirror" > /dev/null
  tar -C "$context/debian" -c . | docker import -c 'CMD ["bash"]' - debian:12-slim
fi

openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=k3s -addext 'subjectAltName=DNS:k3s,DNS:localhost,IP:127.0.0.1' \
  -keyout "$context/key.pem" -out "$context/cert.pem" 2> /dev/null
make() { # tag, Dockerfile's name, folder of the server…
  mkdir "$context/$2"
  cp "$here/$2"[.-]* "$context"/*.pem "$context/$2/"
  tar -C "$home" -c --exclude='run-*' "$3" | tar -C "$context/$2" -x
  mkdir "$context/$2/java"
  tar -C "$java" -ch --exclude=src.zip --exclude=jmods --exclude=man . | tar -C "$context/$2/java" -x
  DOCKER_BUILDKIT=0 docker build -q -t "$1" -f "$context/$2/$2.Dockerfile" "$context/$2"
}
make confluentinc/cp-kafka:8.1.0 kafka kafka-4.1.0
make docker.elastic.co/elasticsearch/elasticsearch:8.19.0 elasticsearch elasticsearch-8.19.0
make apicurio/apicurio-registry:3.0.9 schema-registry apicurio-registry-3.0.9

# No k3s: its image cannot be put together. What stands in for it is the plain control plane under k3s's command and files.
programs=$(basename "$(dirname "$("$here/../programs.sh" control-plane | tail -1)")")
make rancher/k3s:v1.34.2-k3s1 k3s "$programs"
make registry.k8s.io/kwok/kwok:v0.7.0 kwok "$programs"
