#!/usr/bin/env bash
# On a real node, by helm and kubectl alone: install, a GlobalReport, and the time until its report is there, with its grade. The embedded profile, or with
# KAFKA and ELASTICSEARCH the distributed one.
# IMAGE=margay:0.1.0 [KAFKA=host:port ELASTICSEARCH=URL] test/node/first-report.sh
set -euo pipefail
: "${IMAGE:=margay:0.1.0}"
cd "$(dirname "$0")/../.."
ns=margay-first work=margay-first-work
run=$(mktemp -d)
trap 'set +e; kill $(jobs -p) 2> /dev/null; helm uninstall margay -n $ns > /dev/null 2>&1; kubectl delete globalreport first --ignore-not-found > /dev/null; kubectl delete clusterrolebinding,clusterrole margay-first-viewer tigera-compliance-reporter --ignore-not-found > /dev/null 2>&1; kubectl delete namespace $work $ns --wait=false > /dev/null; rm -rf "$run"' EXIT
say() { echo "$(date -u +%T) +${SECONDS}s $*"; }

profile=embedded.persistence.enabled=false
if [ -n "${KAFKA:-}" ]; then
  profile="profile=distributed,kafka.brokers=$KAFKA,kafka.topicPrefix=first-$RANDOM-,elasticsearch.urls=$ELASTICSEARCH,elasticsearch.indexPrefix=first-$RANDOM,auditIngestor.persistence.size=1Gi"
fi

# What a run before this one had may still be going.
kubectl wait --for=delete "namespace/$ns" "namespace/$work" --timeout=3m > /dev/null
kubectl create namespace $ns && kubectl label namespace $ns pod-security.kubernetes.io/enforce=restricted
kubectl create namespace $work
installed=$SECONDS
helm install margay charts/margay -n $ns --wait --timeout 5m > /dev/null \
  --set "clusterName=first-$RANDOM,globalReports.startDelay=5s,canary.enabled=true,canary.interval=10s,image.repository=${IMAGE%:*},image.tag=${IMAGE##*:}" \
  --set "$profile"
say "ready"
kubectl create deployment web -n $work --image="$IMAGE" --replicas=2 -- node -e 'setInterval(() => {}, 1000)'
kubectl rollout status deployment web -n $work --timeout=60s > /dev/null
# The next minute but one where the next is about to begin.
minute=$(date -u -d '+70 seconds' +%-M)
kubectl apply -f - << REPORT
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: first }
spec: { reportType: inventory, schedule: '$minute * * * *', endpoints: { namespaces: { names: [$work] } } }
REPORT
applied=$SECONDS
until [ -n "$(kubectl get globalreport first -o jsonpath='{.status.lastSuccessfulReportJobs[*].end}')" ]; do
  [ $((SECONDS - applied)) -lt 180 ] || { say "FAILED: no report"; exit 1; }
  sleep 1
done
there=$SECONDS
say "the report is there, $((there - applied)) s after its GlobalReport was applied, $((there - installed)) s after helm install"
helm test margay -n $ns > /dev/null && say "helm test passed"

# By the dashboard's API, as a viewer: the report lists exactly the pods that there are.
kubectl create serviceaccount viewer -n $ns
kubectl create clusterrolebinding margay-first-viewer --clusterrole=cluster-admin --serviceaccount=$ns:viewer > /dev/null
token=$(kubectl create token viewer -n $ns)
kubectl port-forward -n $ns svc/margay 18080:80 > /dev/null &
sleep 2
api() { curl -fs -H "Authorization: Bearer $token" "http://127.0.0.1:18080/api/v1$1"; }
id=$(api '/runs?report=first&state=completed' | node -p "JSON.parse(require('fs').readFileSync(0)).items[0].id")
evidence() { api "/runs/$1/downloads/report.json" | node -p "const { grade, complete, reasons } = JSON.parse(require('fs').readFileSync(0)).evidence.sources; JSON.stringify({ grade, complete, reasons })"; }
say "its evidence: $(evidence "$id")"
api "/runs/$id/downloads/endpoints.csv" | tail -n +2 | cut -d, -f1 | sort > "$run/reported"
kubectl get pods -n $work -o name | sed "s|pod/|Pod.v1($work/|; s|\$|)|" | sort > "$run/pods"
diff "$run/reported" "$run/pods" && say "$(wc -l < "$run/pods") pods, as kubectl lists them"

# By hand, over parts of the same window: the pod of the examples, and the chart's own CronJob.
read -r start end <<< "$(kubectl get globalreport first -o jsonpath='{.status.lastSuccessfulReportJobs[0].start} {.status.lastSuccessfulReportJobs[0].end}')"
part() { node -p "new Date(Date.parse('$end') - $1).toISOString()"; }
sed -e "s/namespace: margay\b/namespace: $ns/; s#http://margay.margay#http://margay.$ns#; s#margay:0.1.0#$IMAGE#; s/daily-inventory/first/" \
  -e "s/2026-11-01T00:00:00Z/$start/; s/2026-11-02T00:00:00Z/$(part 2000)/" examples/report-by-hand.yaml | kubectl apply -f - > /dev/null
kubectl wait -n $ns pod/run-reporter --for=jsonpath='{.status.phase}'=Succeeded --timeout=60s > /dev/null || { kubectl logs -n $ns run-reporter; say "FAILED: the pod by hand"; exit 1; }
say "the pod by hand: $(kubectl logs -n $ns run-reporter | tr '\n' ' ')"
kubectl create job by-hand -n $ns --from=cronjob/margay-report --dry-run=client -o yaml \
  | kubectl set env --local -f - -o yaml TIGERA_COMPLIANCE_REPORT_NAME=first "TIGERA_COMPLIANCE_REPORT_START_TIME=$start" "TIGERA_COMPLIANCE_REPORT_END_TIME=$(part 1000)" \
  | kubectl apply -f - > /dev/null
kubectl wait -n $ns job/by-hand --for=condition=Complete --timeout=60s > /dev/null || { kubectl logs -n $ns job/by-hand; say "FAILED: the Job by hand"; exit 1; }
all=$(api '/runs?report=first&state=completed' | node -p "JSON.parse(require('fs').readFileSync(0)).items.length")
[ "$all" = 3 ] || { say "FAILED: $all runs, not 3"; exit 1; }
[ "$(kubectl get globalreport first -o jsonpath='{.status.lastSuccessfulReportJobs[*].end}' | wc -w)" = 1 ] || { say "FAILED: runs by hand count in the status"; exit 1; }
say "runs by hand are archived, and do not count in the status"

# Nodes of its choice: a Job elsewhere makes it there; where the one process computes all they are without effect, and that is said.
kubectl patch globalreport first --type=merge -p '{"spec":{"jobNodeSelector":{"kubernetes.io/os":"linux"}}}' > /dev/null
if [ -z "${KAFKA:-}" ]; then
  kubectl wait globalreport first --for=condition=OnChosenNodes=false --timeout=60s > /dev/null
  say "a report that chooses its nodes: $(kubectl get globalreport first -o jsonpath='{.status.conditions[?(@.type=="OnChosenNodes")].message}')"
fi
say passed
