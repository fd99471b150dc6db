# syntax=docker/dockerfile:1
# An image of ramtape: a replay server for compose files and clusters, or a binary to copy into an image of your own.
# docs/ci.md tells how to use it.

FROM rust:1.95-bookworm AS build
WORKDIR /ramtape
# The dependencies make a layer of their own, which is built again only where Cargo.lock or a Cargo.toml changes. Cargo wants every
# file that Cargo.toml names; what it holds comes with the next layer.
COPY Cargo.toml Cargo.lock ./
COPY xtask/Cargo.toml xtask/
RUN mkdir -p src xtask/src benches/replay benches/size \
  && touch src/lib.rs \
  && for folder in src xtask/src benches/replay benches/size; do echo 'fn main() {}' >"$folder/main.rs"; done \
  && cargo build --release --locked --bin ramtape
COPY config config
COPY src src
# Files keep their times when they are copied, and cargo takes older ones for what it has built.
RUN touch src/lib.rs src/main.rs && cargo build --release --locked --bin ramtape
# To mount cassettes over. A volume takes over whose it is.
RUN mkdir /cassettes

# What ramtape needs is here: glibc, libgcc, certificate authorities, a /tmp. A shell and a package manager are not, so there is
# nothing to exploit or to update in them.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="ramtape" \
  org.opencontainers.image.description="A record-and-replay caching proxy for AWS Resource Access Manager (RAM)" \
  org.opencontainers.image.licenses="MIT OR Apache-2.0" \
  org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"
COPY LICENSE-APACHE LICENSE-MIT /usr/share/doc/ramtape/
COPY --from=build --chown=65532:65532 /cassettes /cassettes
COPY --from=build /ramtape/target/release/ramtape /usr/local/bin/ramtape
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
WORKDIR /
# Where other containers reach it. `--allow-remote` is on the command line on purpose: a command that records has to say it again.
ENV RAMTAPE_LISTEN=0.0.0.0:8181 \
  RAMTAPE_CASSETTE=/cassettes/default
EXPOSE 8181
HEALTHCHECK --interval=2s --timeout=5s --start-period=30s CMD ["/usr/local/bin/ramtape", "health"]
ENTRYPOINT ["/usr/local/bin/ramtape"]
CMD ["replay", "--allow-remote"]
