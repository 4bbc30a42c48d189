#!/usr/bin/env bash
# docker-compose.yml as a user runs it: up, a recorded audit log followed, a report asked for, killed and up again, and
# the report's files equal to those that the command line makes of the log. Needs docker with compose, `npm ci`, and images
# named as in docker-compose.yml (pulled, or built as packaging/build-image.sh does). test/node/compose.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
work=$(mktemp -d)
compose() { docker compose --project-directory "$work" -f "$work/docker-compose.yml" "$@"; }
trap 'compose down -v > /dev/null 2>&1; rm -rf "$work"' EXIT
say() { echo "$(date -u +%T) $*"; }

cp docker-compose.yml "$work/"
mkdir "$work/audit" "$work/reports"
: > "$work/audit/audit.log"
cat > "$work/reports/inventory.yaml" << YAML
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: inventory }
spec: { reportType: inventory }
YAML
gunzip -c test/clusters/cluster-a/audit.jsonl.gz > "$work/recorded.log"
compose up -d --no-build --wait --wait-timeout 240
say "up"

# The log grows while it is followed; the ingestor and the snapshotter are killed in the middle.
lines=$(wc -l < "$work/recorded.log")
head -n $((lines / 2)) "$work/recorded.log" >> "$work/audit/audit.log"
sleep 3
compose kill -s KILL audit-ingestor snapshotter
tail -n +$((lines / 2 + 1)) "$work/recorded.log" >> "$work/audit/audit.log"
compose up -d --no-build --wait --wait-timeout 240
say "killed and up again"

# What the command line makes of the same log, and over which window.
node services/margay/dist/main.js report --type inventory --audit-log "$work/audit/audit.log" --out "$work/expected" 2> /dev/null
read -r start end < <(node -p "const r = JSON.parse(require('fs').readFileSync('$work/expected/report.json')); r.startTime + ' ' + r.endTime")

# As many endpoints stand at the end as the command line says, and still some seconds later: the history has taken it in.
kept() { curl -fs "http://127.0.0.1:8080/api/v1/state?at=$end&limit=1" | node -p "JSON.parse(require('fs').readFileSync(0)).total"; }
all=$(node -p "const r = JSON.parse(require('fs').readFileSync('$work/expected/report.json')); r.endpoints.filter(({ inScopeTo }) => inScopeTo === r.endTime).length")
before=-1 now=0
for _ in $(seq 60); do
  now=$(kept)
  [ "$now" = "$all" ] && [ "$now" = "$before" ] && break
  before=$now
  sleep 5
done
[ "$now" = "$all" ] || { say "FAILED: the history has $now of $all endpoints"; exit 1; }
say "the history has the $all endpoints of the end"
id=$(compose run --rm --no-deps -T scheduler run inventory --start "$start" --end "$end" --wait 2> "$work/run.log" | tail -1) || cat "$work/run.log"
say "reported: $id"
for file in endpoints namespaces services; do
  curl -fs "http://127.0.0.1:8080/api/v1/runs/$id/downloads/$file.csv" > "$work/$file.csv"
  cmp "$work/$file.csv" "$work/expected/$file.csv"
done
say "$(($(wc -l < "$work/endpoints.csv") - 1)) endpoints, as the command line has them"
