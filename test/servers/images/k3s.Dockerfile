FROM debian:12-slim
COPY programs-*/kube-* programs-*/etcd cert.pem key.pem /opt/kubernetes/
COPY k3s.sh /bin/k3s
RUN chmod +x /bin/k3s
ENTRYPOINT ["/bin/k3s"]
