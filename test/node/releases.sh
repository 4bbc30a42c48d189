#!/usr/bin/env bash
# A release's life on a real node: an older chart, an upgrade to this one, a rollback and forth, TLS, with KAFKA and ELASTICSEARCH another profile and back, and an
# uninstall. What was archived before must be there after each step, and what was not seen while another profile was there must not be reported as if it were. OLDER is the
# older chart (a folder, or packed), PROFILE the profile that it begins with (embedded unless set; distributed needs KAFKA and ELASTICSEARCH). Volumes that fit claims of 1 GiB are needed.
# OLDER=… IMAGE=margay:0.1.0 [KAFKA=host:port ELASTICSEARCH=URL PROFILE=distributed] test/node/releases.sh
set -euo pipefail
: "${OLDER:?an older chart}" "${IMAGE:=margay:0.1.0}" "${PROFILE:=embedded}"
cd "$(dirname "$0")/../.."
ns=margay-life work=margay-life-work run=$(mktemp -d)
stop_forwarding() { kill "${forward:-}" 2> /dev/null || true; wait "${forward:-}" 2> /dev/null || true; forward=; }
trap 'set +e; stop_forwarding; helm uninstall margay -n $ns > /dev/null 2>&1; kubectl delete globalreport life --ignore-not-found > /dev/null; kubectl delete clusterrolebinding margay-life-viewer --ignore-not-found > /dev/null; kubectl delete namespace $work $ns --wait=false > /dev/null; rm -rf "$run"' EXIT
say() { echo "$(date -u +%T) +${SECONDS}s $*"; }
fail() { say "FAILED: $*"; exit 1; }
values=(--set "clusterName=life-$RANDOM,globalReports.startDelay=5s,embedded.persistence.size=1Gi,auditIngestor.persistence.size=1Gi,image.repository=${IMAGE%:*},image.tag=${IMAGE##*:}"
  --set "kafka.brokers=${KAFKA:-},kafka.topicPrefix=life-$RANDOM-,kafka.partitions=1,elasticsearch.urls=${ELASTICSEARCH:-},elasticsearch.indexPrefix=life-$RANDOM")

# What a run before this one had may still be going.
kubectl wait --for=delete "namespace/$ns" "namespace/$work" --timeout=3m > /dev/null
kubectl create namespace $ns && kubectl label namespace $ns pod-security.kubernetes.io/enforce=restricted
kubectl create namespace $work
kubectl create serviceaccount viewer -n $ns
kubectl create clusterrolebinding margay-life-viewer --clusterrole=cluster-admin --serviceaccount=$ns:viewer > /dev/null
install() { # chart, profile, more
  helm upgrade --install margay "$1" -n $ns --wait --timeout 4m "${values[@]}" --set "profile=$2" "${@:3}" > "$run/notes"
  grep -E 'WARNING|stay' "$run/notes" || true
}
# Reaches the dashboard, by a Service that has one name in all charts of a release called margay.
reach() { # scheme
  local service port
  export MARGAY_TOKEN MARGAY_API=$1://127.0.0.1:18081 NODE_TLS_REJECT_UNAUTHORIZED=0 NODE_NO_WARNINGS=1
  MARGAY_TOKEN=$(kubectl create token viewer -n $ns)
  service=$(kubectl get service -n $ns -o name | grep -E '^service/margay(-margay|-api)?$' | head -1)
  port=$(kubectl get -n $ns "$service" -o jsonpath='{.spec.ports[0].port}')
  kubectl port-forward -n $ns "$service" "18081:$port" > /dev/null & forward=$!
  for _ in $(seq 20); do curl -fsk "$MARGAY_API/healthz" > /dev/null 2>&1 && break; sleep 0.5; done
}
ask() { curl -fsk -H "Authorization: Bearer $MARGAY_TOKEN" "$MARGAY_API/api/v1$1"; }
archived() { ask '/runs?report=life&state=completed' | node -p "JSON.parse(require('fs').readFileSync(0)).items.map(({ id }) => id).join(' ')"; }
# What there was before is there.
holds() { # what was done, scheme
  local now
  reach "$2"
  now=$(archived)
  stop_forwarding
  [[ " $now " == *" $first "* ]] || fail "after $1 the run $first is not among: $now"
  say "after $1: $(wc -w <<< "$now") runs, the first among them"
}
tested() { helm test margay -n $ns > /dev/null && say 'helm test passed'; }
# A report of all since the beginning: whether it says that it is complete, and the pods that it lists.
report_of_all() {
  local id
  reach http
  id=$(node services/margay/dist/main.js run life --start "$began" --end "$(date -u +%FT%TZ)" --wait 2> "$run/said" | tail -1) || fail "$1: $(cat "$run/said")"
  ask "/runs/$id/downloads/report.json" > "$run/report.json"
  ask "/runs/$id/downloads/endpoints.csv" | cut -d, -f1 > "$run/endpoints"
  stop_forwarding
  say "$1: $(grep -o 'Evidence: .*' "$run/said")"
  complete=$(node -p "JSON.parse(require('fs').readFileSync('$run/report.json')).evidence.sources.complete")
}
# A pod that lives for some seconds.
passing() {
  kubectl run "$1" -n $work --image="$IMAGE" --restart=Never --command -- node -e 'setInterval(() => {}, 1000)' > /dev/null
  kubectl wait -n $work "pod/$1" --for=condition=Ready --timeout=60s > /dev/null
  kubectl delete pod "$1" -n $work --grace-period=1 > /dev/null
}

install "$OLDER" "$PROFILE"
began=$(date -u +%FT%TZ)
say "the older chart is ready, $PROFILE"
passing first
kubectl apply -f - << REPORT
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: life }
spec: { reportType: inventory, schedule: '$(date -u -d '+70 seconds' +%-M) * * * *', endpoints: { namespaces: { names: [$work] } } }
REPORT
for _ in $(seq 180); do
  [ -n "$(kubectl get globalreport life -o jsonpath='{.status.lastSuccessfulReportJobs[*].end}')" ] && break
  sleep 1
done
reach http
first=$(archived)
stop_forwarding
[ -n "$first" ] || fail 'no report of the older chart'
install charts/margay "$PROFILE"
holds 'the upgrade' http
tested
helm rollback margay 1 -n $ns --wait --timeout 3m > /dev/null
holds 'the rollback' http

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=margay -keyout "$run/tls.key" -out "$run/tls.crt" 2> /dev/null
kubectl create secret tls web -n $ns --cert="$run/tls.crt" --key="$run/tls.key" > /dev/null
install charts/margay "$PROFILE" --set tls.secret=web
holds 'the upgrade to TLS' https
tested

if [ -n "${KAFKA:-}" ]; then
  other=$([ "$PROFILE" = embedded ] && echo distributed || echo embedded)
  install charts/margay "$other"
  say "the $other profile is ready"
  tested
  passing away
  report_of_all "the $other profile"
  # What was before it is not known to it.
  [ "$complete" = false ] || grep -q 'first' "$run/endpoints" || fail "the $other profile says that it knows what was before it"
  install charts/margay "$PROFILE"
  holds 'another profile and back' http
  report_of_all 'back again'
  [ "$complete" = false ] || grep -q 'away' "$run/endpoints" || fail 'what came and went in between is not in the report, which says that it is complete'
fi

helm uninstall margay -n $ns > "$run/uninstalled"
cat "$run/uninstalled"
kubectl wait -n $ns --for=delete pod --all --timeout=60s > /dev/null
left() {
  kubectl get all,pvc,cm,secret,sa,role,rolebinding,networkpolicy,pdb,podtemplate,cronjob,lease -n $ns -o name
  kubectl get clusterrole,clusterrolebinding,crd,validatingwebhookconfiguration,mutatingwebhookconfiguration,apiservice -o name
  kubectl get role,rolebinding,lease -n default -o name
}
left | grep -iE 'margay|globalreport|persistentvolumeclaim/' | grep -v margay-life-viewer > "$run/left" || true
say "what is left: $(tr '\n' ' ' < "$run/left")"
# The claims with evidence and places, the definitions, and the Leases.
other_left=$(grep -vE '^(persistentvolumeclaim/|customresourcedefinition.apiextensions.k8s.io/globalreport|lease.coordination.k8s.io/)' "$run/left") && fail "left behind: $other_left"
say passed
