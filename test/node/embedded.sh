#!/usr/bin/env bash
# The embedded profile on a real node, by helm and kubectl alone: install, a GlobalReport, and the time until its report is there.
# IMAGE=margay:0.1.0 test/node/embedded.sh
set -euo pipefail
: "${IMAGE:=margay:0.1.0}"
cd "$(dirname "$0")/../.."
ns=margay-embedded work=margay-embedded-work
trap 'set +e; kill $(jobs -p) 2> /dev/null; helm uninstall margay -n $ns > /dev/null 2>&1; kubectl delete globalreport first --ignore-not-found > /dev/null; kubectl delete clusterrolebinding margay-embedded-viewer --ignore-not-found > /dev/null; kubectl delete namespace $work $ns --wait=false > /dev/null' EXIT
say() { echo "$(date -u +%T) +${SECONDS}s $*"; }

kubectl create namespace $ns && kubectl label namespace $ns pod-security.kubernetes.io/enforce=restricted
kubectl create namespace $work
installed=$SECONDS
helm install margay charts/margay -n $ns --wait --timeout 3m > /dev/null \
  --set "clusterName=embedded-$RANDOM,globalReports.startDelay=5s,embedded.persistence.enabled=false,canary.enabled=true,canary.interval=10s" \
  --set "image.repository=${IMAGE%:*},image.tag=${IMAGE##*:}"
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
kubectl create clusterrolebinding margay-embedded-viewer --clusterrole=cluster-admin --serviceaccount=$ns:viewer > /dev/null
token=$(kubectl create token viewer -n $ns)
kubectl port-forward -n $ns svc/margay 18080:80 > /dev/null &
sleep 2
api() { curl -fs -H "Authorization: Bearer $token" "http://127.0.0.1:18080/api/v1$1"; }
id=$(api '/runs?report=first&state=completed' | node -p "JSON.parse(require('fs').readFileSync(0)).items[0].id")
say "its evidence: $(api "/runs/$id/downloads/report.json" | node -p "const { grade, complete, reasons } = JSON.parse(require('fs').readFileSync(0)).evidence.sources; JSON.stringify({ grade, complete, reasons })")"
api "/runs/$id/downloads/endpoints.csv" | tail -n +2 | cut -d, -f1 | sort > /tmp/margay-embedded.reported
kubectl get pods -n $work -o name | sed "s|pod/|Pod.v1($work/|; s|\$|)|" | sort > /tmp/margay-embedded.pods
diff /tmp/margay-embedded.reported /tmp/margay-embedded.pods && say "$(wc -l < /tmp/margay-embedded.pods) pods, as kubectl lists them"
