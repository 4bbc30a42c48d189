FROM debian:12-slim
COPY kubernetes-1.34.4/bin cert.pem key.pem /opt/kubernetes/
COPY k3s.sh /bin/k3s
RUN chmod +x /bin/k3s && rm /opt/kubernetes/kwok
ENTRYPOINT ["/bin/k3s"]
