# syntax=docker/dockerfile:1
# Two images: `nightjar` (the command and its worker) and `spark` (master, worker and Connect server alike).
# Versions are those of embedded/setup/layout.mjs; a test holds them together.

# Spark, as PyPI has it.
FROM python:3.12-slim-bookworm AS spark-distribution
RUN pip install --no-cache-dir --no-deps --target=/distribution pyspark==4.3.0

FROM eclipse-temurin:21.0.9_10-jdk-noble AS spark
ENV SPARK_HOME=/opt/spark PATH=/opt/spark/bin:$PATH
COPY --from=spark-distribution /distribution/pyspark/bin /opt/spark/bin
COPY --from=spark-distribution /distribution/pyspark/sbin /opt/spark/sbin
COPY --from=spark-distribution /distribution/pyspark/jars /opt/spark/jars
COPY deploy/spark /opt/spark/conf
# Volumes that are mounted here for the first time take the owner over.
RUN mkdir -p /data /opt/spark/work /opt/spark/scratch && chown 1000:1000 /data /opt/spark/work /opt/spark/scratch
WORKDIR /opt/spark
USER 1000:1000

FROM node:22.23.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/spark-connect-js/package.json packages/spark-connect-js/
# Not `npm ci`: the lockfile leaves out optional packages of systems that it was not written on.
RUN npm install --no-save
# The protocol's code is generated from Spark's own jar.
COPY --from=spark-distribution /distribution/pyspark/jars/spark-connect_2.13-4.3.0.jar /spark/jars/
COPY . .
RUN node packages/spark-connect-js/scripts/generate.mjs /spark/jars && npm run build

FROM node:22.23.2-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/spark-connect-js/package.json packages/spark-connect-js/
RUN npm install --no-save --omit=dev

FROM node:22.23.2-bookworm-slim AS nightjar
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/packages/spark-connect-js/package.json packages/spark-connect-js/
COPY --from=build /app/packages/spark-connect-js/dist packages/spark-connect-js/dist
COPY --from=build /app/dist dist
COPY package.json ./
COPY config config
RUN mkdir /data && chown 1000:1000 /data
USER 1000:1000
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["worker"]
