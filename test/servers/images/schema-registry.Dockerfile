FROM debian:12-slim
COPY java /opt/java
ENV PATH=/opt/java/bin:/usr/local/bin:/usr/bin:/bin
COPY apicurio-registry-3.0.9/app /deployments
CMD ["java", "-Xmx512m", "-jar", "/deployments/apicurio-registry-app-3.0.9-runner.jar"]
