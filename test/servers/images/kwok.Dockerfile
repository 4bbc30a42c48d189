FROM debian:12-slim
COPY kubernetes-1.34.4/bin/kwok /usr/local/bin/kwok
ENTRYPOINT ["kwok"]
