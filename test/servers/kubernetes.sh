#!/usr/bin/env bash
# Starts a Kubernetes control plane without containers, for machines where no image can be pulled: etcd, kube-apiserver,
# controller-manager, scheduler, and kwok, which plays nodes whose pods run nothing. The programs are those of MARGAY_KUBERNETES_BIN,
# else they are built once: see `programs.sh`.
#
#   kubernetes.sh [port] [number of API servers]
#
# Prints the path of a kubeconfig and, on a second line, the process ids: end them with SIGKILL, since an API server that is
# asked to stop keeps its port for long. The kubeconfig has the users admin (a certificate) and paul, candice, david and
# nobody (tokens), and a context server-N for each API server; its folder holds audit.jsonl and the logs. Ports taken: port
# (API server), port+1 and port+2 (etcd), port+10 … (further API servers, over the same etcd). MARGAY_AUDIT_POLICY names an
# audit policy to use instead of the one below. With MARGAY_API_ADDRESSES, addresses of this machine with spaces between them, each
# API server listens on its own at the same port, and the Service kubernetes has them, as in a cluster of several masters.
set -euo pipefail
. "$(dirname "$0")/run-folder.sh"
port=${1:-16443}
servers=${2:-1}
elect=${MARGAY_LEADER_ELECTION:-false}
read -ra addresses <<< "${MARGAY_API_ADDRESSES:-}"
host() { echo "${addresses[$1]:-127.0.0.1}"; }
named=${MARGAY_API_ADDRESSES:+, tls-server-name: kubernetes.default.svc}
port_of() { [ ${#addresses[@]} -gt 0 ] && echo "$port" || echo $((port + $1 * 10)); }
bin=${MARGAY_KUBERNETES_BIN:-}
[ -n "$bin" ] || bin=$(dirname "$("$(dirname "$0")/programs.sh" control-plane | tail -1)")

run=$(run_folder "${MARGAY_SERVERS:-$HOME/.cache/margay-test}/kubernetes")
cd "$run"

# Who may talk to whom: one authority, the API server's certificate, the administrator's, a key for service accounts.
certificate() { # name, subject, extension…
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -subj "$2" -out "$1.csr" 2> /dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out "$1.crt" \
    -extfile <(printf '%s\n' "${@:3}") 2> /dev/null
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=margay-test -days 3650 -out ca.crt 2> /dev/null
certificate server /CN=kube-apiserver 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc' 'extendedKeyUsage=serverAuth'
certificate admin /O=system:masters/CN=admin 'extendedKeyUsage=clientAuth'
openssl genrsa -out accounts.key 2048 2> /dev/null
for user in paul candice david nobody; do echo "$user-token,$user,$user"; done > tokens.csv

{
  printf 'apiVersion: v1\nkind: Config\ncurrent-context: server-0\nclusters:\n'
  for ((server = 0; server < servers; server++)); do
    echo "  - { name: server-$server, cluster: { server: \"https://$(host "$server"):$(port_of "$server")\", certificate-authority: ca.crt$named } }"
  done
  printf 'users:\n  - { name: admin, user: { client-certificate: admin.crt, client-key: admin.key } }\n'
  for user in paul candice david nobody; do echo "  - { name: $user, user: { token: $user-token } }"; done
  echo contexts:
  for ((server = 0; server < servers; server++)); do
    echo "  - { name: server-$server, context: { cluster: server-$server, user: admin } }"
  done
} > kubeconfig

cat > audit-policy.yaml << 'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
  - level: None
    verbs: [get, list, watch]
  - level: Metadata
    resources: [{ group: "", resources: [serviceaccounts/token] }]
  - level: Metadata
    verbs: [patch]
    resources: [{ group: coordination.k8s.io, resources: [leases], resourceNames: [margay-canary] }]
  - level: RequestResponse
    resources:
      - { group: "", resources: [namespaces, namespaces/*, pods, pods/*, serviceaccounts, services, services/*, endpoints] }
      - { group: discovery.k8s.io, resources: [endpointslices] }
      - { group: networking.k8s.io, resources: [networkpolicies] }
      - { group: apiextensions.k8s.io, resources: [customresourcedefinitions, customresourcedefinitions/*] }
      - { group: policy.networking.k8s.io }
      - { group: projectcalico.org }
      - { group: crd.projectcalico.org }
  - level: None
YAML
[ -z "${MARGAY_AUDIT_POLICY:-}" ] || cp "$MARGAY_AUDIT_POLICY" audit-policy.yaml

launch() { # name, command…: on its own, with nothing of this script held open
  nohup "${@:2}" < /dev/null > "$1.log" 2>&1 &
  echo $! >> pids
}
give_up() {
  echo "$1 did not start; its log is $run/$1.log" >&2
  xargs kill -9 < pids 2> /dev/null
  exit 1
}

# Posts audit events, too, where MARGAY_AUDIT_WEBHOOK says to: each API server to an address of its own below it.
webhook() { # API server
  [ -n "${MARGAY_AUDIT_WEBHOOK:-}" ] || return 0
  printf '%s\n' 'apiVersion: v1' 'kind: Config' 'current-context: it' \
    "clusters: [{ name: it, cluster: { server: \"$MARGAY_AUDIT_WEBHOOK/server-$1\" } }]" \
    'contexts: [{ name: it, context: { cluster: it, user: it } }]' 'users: [{ name: it, user: {} }]' > "webhook-$1.yaml"
  echo "--audit-webhook-config-file=webhook-$1.yaml --audit-webhook-batch-max-wait=1s"
}

# What the Service kubernetes has of an API server: nothing where all of them are at the loopback address.
registered() { # API server
  [ ${#addresses[@]} -gt 0 ] && echo "--advertise-address=$(host "$1")" || echo --endpoint-reconciler-type=none
}

launch etcd "$bin/etcd" --data-dir etcd --unsafe-no-fsync --listen-peer-urls "http://127.0.0.1:$((port + 2))" \
  --listen-client-urls "http://127.0.0.1:$((port + 1))" --advertise-client-urls "http://127.0.0.1:$((port + 1))"
for ((server = 0; server < servers; server++)); do
  at=$((port + server * 10))
  launch "apiserver-$at" "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$((port + 1))" \
    --bind-address="$(host "$server")" --secure-port="$(port_of "$server")" --cert-dir="generated-$at" --client-ca-file=ca.crt \
    --tls-cert-file=server.crt --tls-private-key-file=server.key --token-auth-file=tokens.csv \
    --authorization-mode=RBAC --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=accounts.key --service-account-signing-key-file=accounts.key \
    --service-cluster-ip-range=10.96.0.0/16 $(registered "$server") \
    $(webhook "$server") --audit-policy-file=audit-policy.yaml --audit-log-path="$([ "$server" -eq 0 ] && echo audit.jsonl || echo "audit-$at.jsonl")"
done
for ((server = 0; server < servers; server++)); do
  at=$((port + server * 10))
  name=kubernetes.default.svc:$(port_of "$server")
  ready() { curl -fs --noproxy '*' --resolve "$name:$(host "$server")" --cacert ca.crt --cert admin.crt --key admin.key "https://$name/readyz" > /dev/null 2>&1; }
  for _ in $(seq 120); do ready && break; sleep 0.5; done
  ready || give_up "apiserver-$at"
done
launch controller-manager "$bin/kube-controller-manager" --kubeconfig=kubeconfig --use-service-account-credentials \
  --service-account-private-key-file=accounts.key --root-ca-file=ca.crt --secure-port=0 --leader-elect="$elect"
launch scheduler "$bin/kube-scheduler" --kubeconfig=kubeconfig --secure-port=0 --leader-elect="$elect"
launch kwok "$bin/kwok" --kubeconfig=kubeconfig --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake \
  --cidr=10.244.0.0/16 --node-lease-duration-seconds=40

echo "$run/kubeconfig"
paste -sd ' ' pids
