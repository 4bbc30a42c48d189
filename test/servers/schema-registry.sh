#!/usr/bin/env bash
# Starts one Apicurio schema registry from its published archive, for machines where no image can be pulled. It keeps its
# schemas in memory and serves the API of Confluent's registry under /apis/ccompat/v7. schema-registry.sh [port]: prints the
# process id; ending that process stops the registry. Needs Java 17 and Maven.
set -euo pipefail
. "$(dirname "$0")/run-folder.sh"
port=${1:-18081}
version=3.0.9
home=${MARGAY_SERVERS:-$HOME/.cache/margay-test}/apicurio-registry-$version

if [ ! -d "$home/app" ]; then
  build=$(mktemp -d)
  mvn -q -B dependency:copy -Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all" \
    -DoutputDirectory="$build" >&2
  mkdir -p "$home" "$build/app"
  tar -xzf "$build"/*.tar.gz -C "$build/app"
  mv "$build/app" "$home/app"
  rm -rf "$build"
fi

run=$(run_folder "$home")
cd "$run"
nohup java -Xmx512m -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port="$port" \
  -jar "$home/app/apicurio-registry-app-$version-runner.jar" > "$run/registry.log" 2>&1 &
registry=$!
for _ in $(seq 360); do
  if curl -fs "http://127.0.0.1:$port/apis/ccompat/v7/subjects" > /dev/null; then
    echo "$registry"
    exit
  fi
  kill -0 "$registry" 2> /dev/null || break
  sleep 0.5
done
kill "$registry" 2> /dev/null || true
echo "The registry did not start; its log is $run/registry.log" >&2
exit 1
