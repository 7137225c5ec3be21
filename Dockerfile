# The bundle is the same for every architecture; only the runtime below it differs.
ARG BUILDER=node:26-trixie-slim
ARG RUNTIME=gcr.io/distroless/nodejs26-debian13:nonroot

FROM --platform=$BUILDPLATFORM ${BUILDER} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY app app
RUN npm run bundle

FROM ${RUNTIME}
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="time-service" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
ENV NODE_ENV=production REVISION="${REVISION}"
WORKDIR /app
COPY --from=build /build/build/main.cjs ./
# What /docs shows the API with; it is read when somebody opens that page.
COPY --from=build /build/node_modules/swagger-ui-dist/swagger-ui-bundle.js /build/node_modules/swagger-ui-dist/swagger-ui.css ./node_modules/swagger-ui-dist/
USER 65532:65532
EXPOSE 8080 50051 8081
# node:ffi, by which the kernel is asked, is still called experimental.
# Left to itself V8 takes a heap larger than a small container and is killed without a word.
CMD ["--disable-warning=ExperimentalWarning", "--max-old-space-size-percentage=60", "main.cjs"]
