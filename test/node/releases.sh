#!/usr/bin/env bash
# A release's life on a real node: an older chart, an upgrade to this one, TLS, with KAFKA and ELASTICSEARCH another profile and back, and an uninstall. What
# was archived before must be there after each step. OLDER is the folder of the older chart; a volume that fits its claim of 1 GiB is needed.
# OLDER=… IMAGE=margay:0.1.0 test/node/releases.sh
set -euo pipefail
: "${OLDER:?folder of a chart}" "${IMAGE:=margay:0.1.0}"
cd "$(dirname "$0")/../.."
ns=margay-life run=$(mktemp -d)
stop_forwarding() { kill "${forward:-}" 2> /dev/null || true; wait "${forward:-}" 2> /dev/null || true; forward=; }
trap 'set +e; stop_forwarding; helm uninstall margay -n $ns > /dev/null 2>&1; kubectl delete globalreport life --ignore-not-found > /dev/null; kubectl delete clusterrolebinding margay-life-viewer --ignore-not-found > /dev/null; kubectl delete namespace $ns --wait=false > /dev/null; rm -rf "$run"' EXIT
say() { echo "$(date -u +%T) +${SECONDS}s $*"; }
fail() { say "FAILED: $*"; exit 1; }
values=(--set "clusterName=life-$RANDOM,globalReports.startDelay=5s,embedded.persistence.size=1Gi,image.repository=${IMAGE%:*},image.tag=${IMAGE##*:}")

kubectl create namespace $ns && kubectl label namespace $ns pod-security.kubernetes.io/enforce=restricted
kubectl create serviceaccount viewer -n $ns
kubectl create clusterrolebinding margay-life-viewer --clusterrole=cluster-admin --serviceaccount=$ns:viewer > /dev/null
upgrade() { helm upgrade --install margay "$1" -n $ns --wait --timeout 4m "${values[@]}" "${@:2}" > "$run/notes"; }
# The ids of what is archived, by a Service that has one name in all charts of a release called margay.
archived() { # scheme
  local token service port
  token=$(kubectl create token viewer -n $ns)
  service=$(kubectl get service -n $ns -o name | grep -E '^service/margay(-margay|-api)?$' | head -1)
  port=$(kubectl get -n $ns "$service" -o jsonpath='{.spec.ports[0].port}')
  kubectl port-forward -n $ns "$service" "18081:$port" > /dev/null & forward=$!
  sleep 3
  curl -fsk -H "Authorization: Bearer $token" "$1://127.0.0.1:18081/api/v1/runs?report=life&state=completed" | node -p "JSON.parse(require('fs').readFileSync(0)).items.map(({ id }) => id).join(' ')"
  stop_forwarding
}
# What there was before is there.
holds() { # what was done, scheme
  local now
  now=$(archived "$2")
  [[ " $now " == *" $first "* ]] || fail "after $1 the run $first is not among: $now"
  say "after $1: $(wc -w <<< "$now") runs, the first among them"
}

upgrade "$OLDER"
say "the older chart is ready"
kubectl apply -f - << REPORT
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: life }
spec: { reportType: inventory, schedule: '$(date -u -d '+70 seconds' +%-M) * * * *' }
REPORT
for _ in $(seq 180); do
  [ -n "$(kubectl get globalreport life -o jsonpath='{.status.lastSuccessfulReportJobs[*].end}')" ] && break
  sleep 1
done
first=$(archived http)
[ -n "$first" ] || fail 'no report of the older chart'
upgrade charts/margay
grep WARNING "$run/notes" || true
holds 'the upgrade' http
helm test margay -n $ns > /dev/null && say 'helm test passed'

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=margay -keyout "$run/tls.key" -out "$run/tls.crt" 2> /dev/null
kubectl create secret tls web -n $ns --cert="$run/tls.crt" --key="$run/tls.key" > /dev/null
upgrade charts/margay --set tls.secret=web
holds 'the upgrade to TLS' https
helm test margay -n $ns > /dev/null && say 'helm test passed'

if [ -n "${KAFKA:-}" ]; then
  upgrade charts/margay --set "profile=distributed,auditIngestor.persistence.size=1Gi,kafka.brokers=$KAFKA,kafka.topicPrefix=life-$RANDOM-,kafka.partitions=1,elasticsearch.urls=$ELASTICSEARCH,elasticsearch.indexPrefix=life-$RANDOM"
  say 'the distributed profile is ready'
  helm test margay -n $ns > /dev/null && say 'helm test passed'
  upgrade charts/margay
  holds 'another profile and back' http
fi

helm uninstall margay -n $ns > /dev/null
kubectl wait -n $ns --for=delete pod --all --timeout=60s > /dev/null
left() {
  kubectl get all,pvc,cm,secret,sa,role,rolebinding,networkpolicy,pdb,podtemplate,cronjob -n $ns -o name
  kubectl get clusterrole,clusterrolebinding,crd -o name
  kubectl get role,rolebinding,lease -n default -o name
}
say "what is left: $(left | grep -iE 'margay|globalreport|pvc|persistentvolumeclaim' | grep -v margay-life-viewer | tr '\n' ' ')"
