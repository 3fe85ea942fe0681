using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OpsMonitor.Web.Out;

/// <summary>
/// OpenTelemetry traces of requests, of turns' answers and of letters, sent by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector; nowhere else. No
/// span holds an event, a name or an address: counts, kinds and outcomes only.
/// </summary>
internal static class Tracing
{
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static readonly ActivitySource Spans = new("OpsMonitor");

    /// <summary>Null where nobody asked for traces. Dispose it at the end: it sends what is left.</summary>
    public static TracerProvider? Start(string? endpoint) => string.IsNullOrEmpty(endpoint) ? null : Sdk.CreateTracerProviderBuilder()
        .SetResourceBuilder(ResourceBuilder.CreateDefault().AddService("opsmonitor"))
        .AddSource(Spans.Name, "Microsoft.AspNetCore")
        .AddOtlpExporter()
        .Build();
}
