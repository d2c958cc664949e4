# Three stages: one builds the dashboard, one installs the exact locked dependencies, the last carries only what runs.
# The base is glibc (slim), because the pinned runtime comes from npm and is linked against it.
FROM node:24-bookworm-slim AS dashboard
WORKDIR /weir
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY dashboard dashboard
RUN npm run dashboard

FROM node:24-bookworm-slim AS install
WORKDIR /weir
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libstdc++6 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin weir \
  && install --directory --owner=weir --group=weir --mode=0700 /data
WORKDIR /weir
COPY --from=install /weir/node_modules node_modules
COPY package.json LICENSE ./
COPY bin bin
COPY src src
COPY --from=dashboard /weir/dashboard/dist dashboard/dist
USER weir
VOLUME /data
EXPOSE 4000
# The launcher replaces itself with the runtime: it is process 1, and SIGTERM drains the gateway.
ENTRYPOINT ["/weir/bin/weir"]
CMD ["serve", "--host", "0.0.0.0", "--port", "4000", "--data", "/data"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["/weir/node_modules/.bin/node", "-e", "fetch('http://127.0.0.1:4000/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
