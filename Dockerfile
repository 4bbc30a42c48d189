# One image for all services: the argument names the service, or a command of the command line.
#   docker build -t margay . && docker run --rm margay --help
# Where no registry can be reached: packaging/build-image.sh.
ARG BASE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${BASE} AS compiled
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund && npm run -s build \
  && find libs services -name node_modules -prune -o -path '*/dist/*' -name '*.js' -print0 | tar -cf /compiled.tar --null -T - \
    package.json package-lock.json libs/*/package.json services/*/package.json test/package.json bench/package.json examples/package.json \
    services/dashboard/*.html services/dashboard/*.css services/margay/bin

# What is compiled, the pages of the dashboard, and the packages that they need: no sources, no tools, no types, no maps.
FROM ${BASE} AS installed
WORKDIR /app
COPY --from=compiled /compiled.tar /tmp/
COPY packaging/stable-sbom.ts packaging/only-what-runs.sh /tmp/
RUN tar -xf /tmp/compiled.tar \
  && npm ci --omit=dev --omit=optional -w @margay/margay --ignore-scripts --no-audit --no-fund && rm -rf /root/.npm \
  && /tmp/only-what-runs.sh node_modules libs/*/node_modules services/*/node_modules \
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
