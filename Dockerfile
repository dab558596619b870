# Builds one of the four services: docker build --build-arg SERVICE=user-service .

FROM node:24-bookworm-slim AS manifests
WORKDIR /shop
COPY package.json package-lock.json .npmrc ./
COPY service-kit/package.json service-kit/
COPY user-service/package.json user-service/
COPY product-service/package.json product-service/
COPY order-service/package.json order-service/
COPY frontend/package.json frontend/
# Files keep their modes, which a clone under umask 077 closes to the user node.
RUN chmod -R a+rX .

# All four are compiled at once; the images of unchanged services stay the same.
FROM manifests AS compiled
RUN --mount=type=cache,target=/root/.npm npm ci --include-workspace-root \
    -w service-kit -w user-service -w product-service -w order-service -w frontend
COPY . .
RUN node_modules/.bin/tsc -b user-service product-service order-service frontend \
    && find */dist ! -name '*.js' -type f -delete \
    && chmod -R a+rX */migrations frontend/public frontend/views

# The images of all four services share these packages (72 MB).
FROM manifests AS kit
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev -w service-kit

FROM manifests AS complete
ARG SERVICE
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev -w service-kit -w $SERVICE

FROM kit
ARG SERVICE
# Adds what only this service needs.
RUN --mount=from=complete,source=/shop,target=/complete cp -a --no-clobber /complete/. .
COPY --from=compiled /shop/service-kit/dist service-kit/dist
WORKDIR /shop/$SERVICE
# Only the frontend has public/ and views/.
COPY --from=compiled /shop/$SERVICE/migrations migrations
COPY --from=compiled /shop/$SERVICE/public* public
COPY --from=compiled /shop/$SERVICE/views* views
COPY --from=compiled /shop/$SERVICE/dist dist

ENV NODE_ENV=production MALLOC_ARENA_MAX=2
USER node
# The image has neither curl nor wget, and a second Node process would take 40 MB for each check.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s CMD ["bash", "-c", "\
    exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 \
    && read -r _ status _ <&3 && [[ $status == 200 ]]"]
# As in native mode: --expose-gc lets the service collect garbage when it comes to rest, and the others bound the heap.
CMD ["node", "--expose-gc", "--max-semi-space-size=8", "--max-old-space-size=160", "--require", "./dist/telemetry.js", "dist/server.js"]
