using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web;

/// <summary>The document is written by hand, so a test holds it to the endpoints that there are; and each of them says who may call.</summary>
public sealed class OpenApiTests : IDisposable
{
    // The pages themselves are static files, which are no endpoints.
    private static readonly string[] Anonymous = ["/", "/health/live", "/health/ready"];

    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_document_names_every_endpoint_with_its_methods_and_no_other()
    {
        await using var app = Build();
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        using var answer = await client.GetAsync(new Uri(url + "/openapi/v1.json"));
        Assert.Equal("application/json", answer.EnsureSuccessStatusCode().Content.Headers.ContentType!.MediaType);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal("3.1.0", document.RootElement.GetProperty("openapi").GetString());

        var described = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}"));
        var mapped = Endpoints(app).Where(e => IsApi(Path(e)))
            .SelectMany(e => e.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(m => $"{m} {Path(e)}"));
        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        await app.StopAsync();
    }

    [Fact]
    public async Task Every_reference_in_the_document_leads_somewhere()
    {
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(System.IO.Path.Combine(AppContext.BaseDirectory, "Api", "openapi.json")));
        var references = References(document.RootElement).ToList();
        Assert.NotEmpty(references);
        foreach (var reference in references)
        {
            var at = document.RootElement;
            foreach (var name in reference.Split('/').Skip(1)) Assert.True(at.TryGetProperty(name, out at), reference);
        }
    }

    [Fact]
    public async Task Every_endpoint_asks_for_a_key_or_is_known_to_be_open()
    {
        await using var app = Build();
        var open = Endpoints(app).Where(e => e.Metadata.GetMetadata<AccessRule>() is null).Select(Path);
        Assert.Equal(Anonymous, open.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_the_document_calls_open_is_what_the_server_leaves_open()
    {
        await using var app = Build();
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(System.IO.Path.Combine(AppContext.BaseDirectory, "Api", "openapi.json")));
        foreach (var endpoint in Endpoints(app).Where(e => IsApi(Path(e))))
        {
            var method = endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Single().ToLowerInvariant();
            var security = document.RootElement.GetProperty("paths").GetProperty(Path(endpoint)).GetProperty(method).GetProperty("security");
            var schemes = security.EnumerateArray().Select(s => s.EnumerateObject().Select(p => p.Name).SingleOrDefault() ?? "none");
            string[] expected = endpoint.Metadata.GetMetadata<AccessRule>() switch
            {
                null => [],
                { KeyNeeded: true } => ["bearer", "apiKey"],
                _ => ["bearer", "apiKey", "none"],
            };
            Assert.Equal(expected, schemes);
        }
    }

    private WebApplication Build() => Server.Build(new ServeOptions(_folder, "http://127.0.0.1:0"), _ => { });

    private static IEnumerable<RouteEndpoint> Endpoints(WebApplication app) =>
        ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).Cast<RouteEndpoint>();

    private static string Path(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.TrimStart('/');

    private static bool IsApi(string path) => path.StartsWith("/api/v1/", StringComparison.Ordinal) || path.StartsWith("/health/", StringComparison.Ordinal) || path == "/metrics";

    private static IEnumerable<string> References(JsonElement at) => at.ValueKind switch
    {
        JsonValueKind.Object => at.EnumerateObject().SelectMany(p => p.Name == "$ref" ? [p.Value.GetString()!] : References(p.Value)),
        JsonValueKind.Array => at.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
