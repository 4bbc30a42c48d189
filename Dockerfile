# One image for all services: the argument names the service, or a command of the command line.
#   docker build -t margay . && docker run --rm margay --help
# Where no registry can be reached: packaging/build-image.sh.
ARG BASE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${BASE} AS installed
WORKDIR /app
COPY package.json package-lock.json ./
COPY libs libs
COPY services services
COPY packaging/stable-sbom.ts /tmp/
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund && rm -rf /root/.npm \
  && npm sbom --package-lock-only --omit=dev --omit=optional --sbom-format=cyclonedx | node /tmp/stable-sbom.ts > sbom.cdx.json

FROM ${BASE}
LABEL org.opencontainers.image.title="Margay" \
  org.opencontainers.image.description="Continuous compliance evidence for Kubernetes networks" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=installed /app /app
WORKDIR /app
ENV NODE_ENV=production
USER 10001:10001
ENTRYPOINT ["node", "/app/services/margay/dist/entry.js"]
CMD ["--help"]
