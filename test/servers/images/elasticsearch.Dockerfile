FROM debian:12-slim
COPY java /opt/java
ENV PATH=/opt/java/bin:/usr/local/bin:/usr/bin:/bin
COPY elasticsearch-8.19.0 /usr/share/elasticsearch
RUN mkdir -p /usr/share/elasticsearch/config/jvm.options.d /usr/share/elasticsearch/data /usr/share/elasticsearch/plugins
WORKDIR /usr/share/elasticsearch
CMD ["bash", "-c", "exec java ${ES_JAVA_OPTS:--Xmx1g} -Des.path.home=$PWD -Dmargay.host=0.0.0.0 -cp \"jars/*\" TestNode.java $PWD modules 9200"]
