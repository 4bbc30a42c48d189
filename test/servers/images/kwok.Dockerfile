FROM debian:12-slim
COPY programs-*/kwok /usr/local/bin/kwok
ENTRYPOINT ["kwok"]
