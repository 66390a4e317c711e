# The image for a registry, of the binaries that `cargo xtask dist` has built:
#
#   cargo xtask dist --target all
#   docker buildx build -f Dockerfile target/dist \
#       --platform linux/arm/v5,linux/arm/v7,linux/arm64,linux/amd64 \
#       --tag NAME/alertik:1.0.0 --push
#
# The context is target/dist and nothing else. The same content as the
# alertik-*.tar beside the binaries, which need no container engine.
FROM scratch
ARG TARGETARCH
ARG TARGETVARIANT
# arm and v7 give armv7, arm64 and amd64 have no variant: the names of dist.
COPY --chmod=0755 alertik-${TARGETARCH}${TARGETVARIANT} /alertik
LABEL org.opencontainers.image.title="alertik" \
      org.opencontainers.image.licenses="Unlicense"
WORKDIR /
EXPOSE 5140/udp
STOPSIGNAL SIGTERM
ENTRYPOINT ["/alertik"]
