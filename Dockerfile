# The image of operator and brokers, for who has Docker: docker build --tag kavka . (`npm run image` makes
# the same one without it.)
FROM node:26 AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run image -- --folder /image

FROM scratch
COPY --from=build /image/node /
COPY --from=build /image/kavka /
# Numbers, so that Kubernetes sees that it is not root.
USER 65532:65532
ENV PATH=/usr/local/bin
ENTRYPOINT ["node", "/opt/kavka/bin/kavka"]
