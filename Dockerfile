# Two images from one source: `single` (one machine, its own store) and `node` (a member of a cluster).
#   docker build --target single -t opsmonitor .
#   docker build --target node -t opsmonitor-node .
# Both run as nobody in particular, write to /data and /tmp alone, and are checked by their own `health` command: there is no shell in them.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS source
WORKDIR /src
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Packages first: they change seldom, and a layer of them is kept.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY grains/OpsMonitor.Grains.csproj grains/packages.lock.json grains/
COPY silo/local/OpsMonitor.Silo.Local.csproj silo/local/packages.lock.json silo/local/
COPY web/OpsMonitor.Web.csproj web/packages.lock.json web/
RUN dotnet restore web --locked-mode
COPY . .
RUN mkdir /data

FROM source AS build-single
RUN dotnet publish web -c Release --no-restore -o /app

FROM source AS build-node
# false leaves Azure Storage out, for an image that runs on PostgreSQL alone.
ARG ORLEANS_AZURE=true
RUN dotnet publish silo/orleans -c Release -p:Orleans=true -p:OrleansAzure=${ORLEANS_AZURE} -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled AS base
# The runtime's diagnostics would want to write beside /tmp.
ENV DOTNET_EnableDiagnostics=0 DOTNET_NOLOGO=1
WORKDIR /app
# A volume mounted here for the first time belongs to the user below.
COPY --from=source --chown=1654:1654 /data /data
USER 1654:1654
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["dotnet", "opsmonitor.dll", "health", "--url", "http://127.0.0.1:8080"]

FROM base AS node
COPY --from=build-node /app /app
# Between nodes; never to be published.
EXPOSE 11111 30000
ENTRYPOINT ["dotnet", "opsmonitor-node.dll"]
CMD ["--url", "http://0.0.0.0:8080", "--data", "/data"]

FROM base AS single
COPY --from=build-single /app /app
ENTRYPOINT ["dotnet", "opsmonitor.dll"]
CMD ["serve", "--url", "http://0.0.0.0:8080", "--data", "/data"]
