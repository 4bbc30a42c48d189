#!/bin/bash
# Not k3s: etcd, kube-apiserver, controller-manager and scheduler, with the kubeconfig where k3s writes it. Of k3s's arguments it
# takes those for the API server.
set -euo pipefail
cd /opt/kubernetes
apiserver=()
for argument in "$@"; do
  case $argument in --kube-apiserver-arg=*) apiserver+=("--${argument#--kube-apiserver-arg=}") ;; esac
done
mkdir -p /etc/rancher/k3s
cat > /etc/rancher/k3s/k3s.yaml << YAML
apiVersion: v1
kind: Config
current-context: default
clusters:
- name: default
  cluster:
    certificate-authority-data: $(base64 -w0 cert.pem)
    server: https://127.0.0.1:6443
contexts:
- name: default
  context: { cluster: default, user: default }
users:
- name: default
  user: { token: admin-token }
YAML
./etcd --data-dir /var/lib/etcd --unsafe-no-fsync > etcd.log 2>&1 &
./kube-apiserver --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 --tls-cert-file=cert.pem --tls-private-key-file=key.pem \
  --authorization-mode=RBAC --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=key.pem \
  --service-account-signing-key-file=key.pem --service-cluster-ip-range=10.43.0.0/16 "${apiserver[@]}" &
until (exec 3<> /dev/tcp/127.0.0.1/6443) 2> /dev/null; do sleep 0.5; done
config=--kubeconfig=/etc/rancher/k3s/k3s.yaml
./kube-controller-manager $config --use-service-account-credentials --service-account-private-key-file=key.pem \
  --root-ca-file=cert.pem --leader-elect=false &
./kube-scheduler $config --leader-elect=false &
sleep 3
echo 'k3s is up and running'
wait -n
