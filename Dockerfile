# syntax=docker/dockerfile:1
# One build, one small image a service. `docker compose build` makes all five; `docker build --target raw-sink .` one.

FROM swift:6.2-bookworm AS build
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends librdkafka-dev libpq-dev libcurl4-openssl-dev libssl-dev zlib1g-dev \
        libzstd-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# What was built stays from one build to the next (a cache, not a layer), so that a change compiles what it touches. Without
# Tests, Package.swift leaves the test targets out, and an edit of a test changes nothing here.
COPY Package.swift ./
COPY Services Services
COPY Shared Shared
RUN --mount=type=cache,target=/source/.build,sharing=locked \
    swift build --configuration release --static-swift-stdlib \
    && mkdir /out \
    && for product in producer raw-sink transformer scheduler bi-api; do \
        install --strip ".build/release/$product" /out/ || exit 1; \
    done \
    && cp -R .build/release/millrace_*.resources /out/

# The browser libraries that bi-api serves, pinned and checksummed as on a bare machine.
FROM python:3.12-slim-bookworm AS vendor
WORKDIR /source
COPY scripts/lib.sh scripts/vendor scripts/vendor-files.txt scripts/requirements-vendor.txt scripts/
RUN python3 -m venv .millrace/venv && scripts/vendor

FROM debian:bookworm-slim AS runtime
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends librdkafka1 libpq5 libcurl4 libssl3 zlib1g libzstd1 ca-certificates \
        tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin millrace \
    && install -d -o 10001 /var/spool/millrace
# The pipeline is no part of the images: it is mounted at /pipeline.
ENV HTTP_HOST=0.0.0.0 MILLRACE_PIPELINE=/pipeline LOG_FORMAT=json
WORKDIR /opt/millrace
USER 10001

FROM runtime AS producer
COPY --from=build /out/producer /opt/millrace/
COPY --from=build /out/millrace_Producer.resources /opt/millrace/millrace_Producer.resources
COPY --from=build /out/millrace_Web.resources /opt/millrace/millrace_Web.resources
EXPOSE 8081
ENTRYPOINT ["/opt/millrace/producer"]
CMD ["serve"]

FROM runtime AS raw-sink
COPY --from=build /out/raw-sink /opt/millrace/
EXPOSE 8082
ENTRYPOINT ["/opt/millrace/raw-sink"]
CMD ["run"]

FROM runtime AS transformer
COPY --from=build /out/transformer /opt/millrace/
COPY --from=build /out/millrace_Transformer.resources /opt/millrace/millrace_Transformer.resources
COPY --from=build /out/millrace_Web.resources /opt/millrace/millrace_Web.resources
EXPOSE 8000
ENTRYPOINT ["/opt/millrace/transformer"]
CMD ["serve"]

FROM runtime AS scheduler
COPY --from=build /out/scheduler /opt/millrace/
COPY --from=build /out/millrace_Scheduler.resources /opt/millrace/millrace_Scheduler.resources
COPY --from=build /out/millrace_Web.resources /opt/millrace/millrace_Web.resources
EXPOSE 8080
ENTRYPOINT ["/opt/millrace/scheduler"]
CMD ["serve"]

FROM runtime AS bi-api
COPY --from=build /out/bi-api /opt/millrace/
COPY --from=build /out/millrace_BIAPI.resources /opt/millrace/millrace_BIAPI.resources
COPY --from=build /out/millrace_Web.resources /opt/millrace/millrace_Web.resources
COPY --from=vendor /source/.millrace/vendor /opt/millrace/vendor
ENV WEB_VENDOR_DIR=/opt/millrace/vendor
EXPOSE 8088
ENTRYPOINT ["/opt/millrace/bi-api"]
CMD ["serve"]
