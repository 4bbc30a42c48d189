#!/usr/bin/env bash
# See README.md beside this file.
set -euo pipefail
: "${KAFKA:?host:port}" "${ELASTICSEARCH:?URL}" "${IMAGE:=margay:0.1.0}"
cd "$(dirname "$0")/../.."
ns=margay-test work=margay-test-work run=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; helm uninstall margay -n $ns > /dev/null 2>&1; kubectl delete globalreport by-worker by-job --ignore-not-found > /dev/null; kubectl delete clusterrolebinding margay-test-reader --ignore-not-found > /dev/null; kubectl delete namespace $work $ns --wait=false > /dev/null' EXIT
say() { echo "$(date -u +%T) $*"; }
fail() { say "FAILED: $*"; exit 1; }
values=(--set "clusterName=node-test-$RANDOM,profile=distributed,kafka.brokers=$KAFKA,kafka.topicPrefix=node-test-$RANDOM-,kafka.partitions=3"
  --set "elasticsearch.urls=$ELASTICSEARCH,elasticsearch.indexPrefix=node-test-$RANDOM,globalReports.startDelay=100s"
  --set "image.repository=${IMAGE%:*},image.tag=${IMAGE##*:}")

# What a run before this one had may still be going.
kubectl wait --for=delete "namespace/$ns" "namespace/$work" --timeout=3m > /dev/null
kubectl create namespace $ns && kubectl label namespace $ns pod-security.kubernetes.io/enforce=restricted
kubectl create namespace $work
say installing
helm install margay charts/margay -n $ns "${values[@]}" --wait --timeout 3m > /dev/null
say "all pods are ready"
kubectl label node "$(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')" margay-test=reports --overwrite

kubectl apply -n $work -f - << POLICY
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, policyTypes: [Ingress] }
POLICY
minute=$(((10#$(date -u +%M) + 4) % 60))
report() { # name, more of its spec
  kubectl apply -f - << REPORT
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: $1 }
spec: { reportType: inventory, schedule: '$minute * * * *', endpoints: { namespaces: { names: [$work] } } $2 }
REPORT
}
report by-worker ''
report by-job ", jobNodeSelector: { margay-test: reports }"
kubectl get pods -n $work --watch -o name > "$run/seen" &
deployment() { kubectl create deployment "$1" -n $work --image="$IMAGE" -- node -e 'setInterval(() => {}, 1000)'; }
deployment web
deployment open
kubectl scale deployment web -n $work --replicas=3
for part in audit-ingestor snapshotter scheduler report-worker api; do
  say "killing $part"
  kubectl -n $ns delete pod -l app.kubernetes.io/component=$part --grace-period=0 --force > /dev/null 2>&1
  sleep 6
done
kubectl -n $ns scale deployment margay-report-worker --replicas=3
kubectl scale deployment web -n $work --replicas=1
sleep 5
say upgrading
helm upgrade margay charts/margay -n $ns "${values[@]}" --set podAnnotations.upgraded=yes > /dev/null
kubectl delete deployment open -n $work
sleep 10
kubectl scale deployment web -n $work --replicas=2
say "rolling back"
helm rollback margay -n $ns
sleep 5
kubectl -n $ns scale deployment margay-report-worker --replicas=1

say "waiting for the reports"
done_jobs() { kubectl get globalreport "$1" -o go-template='{{range .status.lastSuccessfulReportJobs}}{{.start}} {{.end}} {{.job.name}}{{"\n"}}{{end}}'; }
for _ in $(seq 200); do
  [ -n "$(done_jobs by-worker)" ] && [ -n "$(done_jobs by-job)" ] && break
  sleep 2
done
read -r start end job <<< "$(done_jobs by-job)"
[ -n "${end:-}" ] || fail "the reports are not there: $(kubectl get globalreports)"
[ "$job" != '<no value>' ] || fail 'by-job was not made by a Job'

kubectl create serviceaccount reader -n $ns
kubectl create clusterrolebinding margay-test-reader --clusterrole=cluster-admin --serviceaccount=$ns:reader
kubectl -n $ns port-forward service/margay 38080:80 > /dev/null &
sleep 3
token=$(kubectl create token reader -n $ns)
ask() { curl -fsS -H "Authorization: Bearer $token" "http://127.0.0.1:38080/api/v1$1"; }
first_id() { node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).items[0].id'; }
sort -u "$run/seen" | sed -E "s|^pod/(web-.*)|Pod.v1($work/\1),true|; s|^pod/(open-.*)|Pod.v1($work/\1),false|" | sort > "$run/truth"
for name in by-worker by-job; do
  ask "/runs/$(ask "/runs?report=$name" | first_id)/downloads/endpoints.csv" | tail -n +2 | cut -d, -f1,2 | sort > "$run/$name"
  diff "$run/truth" "$run/$name" || fail "$name does not list what there was"
done
say "both reports are true: $(wc -l < "$run/truth") endpoints"

kubectl get podtemplate -n $ns tigera.io.report -o json | START=$start END=$end node -e '
const { template: { spec } } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const { START, END } = process.env;
const half = new Date((Date.parse(START) + Date.parse(END)) / 2).toISOString();
for (const [name, value] of [["NAME", "by-worker"], ["START_TIME", START], ["END_TIME", half]])
  spec.containers[0].env.push({ name: `TIGERA_COMPLIANCE_REPORT_${name}`, value });
console.log(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "by-hand" }, spec }));' | kubectl apply -n $ns -f -
kubectl wait -n $ns pod/by-hand --for=jsonpath='{.status.phase}'=Succeeded --timeout=60s || fail 'the pod by hand'
[ "$(ask '/runs?report=by-worker' | node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).total')" = 2 ] || fail 'the run by hand is not archived'
[ "$(done_jobs by-worker | wc -l)" = 1 ] || fail 'the run by hand counts in the status'
say passed
