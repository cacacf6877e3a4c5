# One node of Carillon with its examples. Build the jar first: mvn -q -DskipTests package
FROM eclipse-temurin:25-jre

# Nothing needs root: the ports are above 1024 and nothing is written but the temporary directory.
RUN useradd --system --uid 10001 --no-create-home carillon
WORKDIR /carillon
COPY examples/target/carillon.jar ./
COPY conf ./conf

# The flags, and a cache of loaded classes, which a first run leaves behind: docs/operations.md.
ENV JDK_JAVA_OPTIONS="-XX:+UseParallelGC -XX:+UseCompactObjectHeaders -XX:MaxRAMPercentage=70"
RUN CARILLON_SHUTDOWN_TIMEOUT=5m timeout -s TERM 30 java -XX:AOTCacheOutput=carillon.aot -jar carillon.jar -cluster -conf conf/cluster.json; \
  test -s carillon.aot
USER 10001

# 8080 HTTP; 5701 Hazelcast and 15701 the event bus, for other nodes only: never publish these two.
EXPOSE 8080

# The image has bash but neither curl nor wget.
HEALTHCHECK --interval=5s --timeout=2s --start-period=20s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]

ENTRYPOINT ["java", "-XX:AOTCache=carillon.aot", "-jar", "carillon.jar"]
CMD ["-cluster", "-conf", "conf/cluster.json"]
