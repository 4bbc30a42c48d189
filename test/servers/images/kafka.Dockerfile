FROM debian:12-slim
# As in the real image: dash forgets variables whose names have hyphens, and the listener's settings are such.
RUN ln -sf bash /bin/sh
COPY java /opt/java
ENV PATH=/opt/java/bin:/usr/local/bin:/usr/bin:/bin
COPY kafka-4.1.0/jars /usr/share/java/kafka
COPY kafka-configure.sh /etc/confluent/docker/configure
COPY kafka-run.sh /etc/confluent/docker/run
RUN mkdir -p /etc/kafka/secrets /var/lib/kafka/data \
  && printf '#!/bin/sh\nexec java -cp "/usr/share/java/kafka/*" kafka.tools.StorageTool "$@"\n' > /usr/bin/kafka-storage \
  && printf '#!/bin/sh\nexec java -cp "/usr/share/java/kafka/*" kafka.admin.ConfigCommand "$@"\n' > /usr/bin/kafka-configs \
  && chmod +x /usr/bin/kafka-storage /usr/bin/kafka-configs /etc/confluent/docker/*
VOLUME /var/lib/kafka/data
CMD ["/etc/confluent/docker/run"]
