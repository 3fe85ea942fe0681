using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Tests.Web;

/// <summary>The whole server over a folder of its own and a free port of loopback; may be stopped and started again over the same folder, which goes with it.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Func<ServeOptions, ServeOptions> _with;
    private WebApplication? _app;
    private HttpClient? _client;

    private RunningServer(Func<ServeOptions, ServeOptions> with) => _with = with;

    public string Folder => _folder.Path;

    /// <summary>Without a slash at the end; another one after every start.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Has no key.</summary>
    public HttpClient Client => _client!;

    public IOpsHost Host => Get<IOpsHost>();

    /// <param name="prepare">is given the folder before the first start</param>
    public static async Task<RunningServer> StartAsync(Func<ServeOptions, ServeOptions>? with = null, Action<string>? prepare = null)
    {
        var server = new RunningServer(with ?? (static o => o));
        prepare?.Invoke(server.Folder);
        await server.StartAsync();
        return server;
    }

    public WebApplication App => _app!;

    public T Get<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    /// <returns>a new key</returns>
    public string Key(string name, KeyScope scope, IReadOnlyList<string>? sources = null) => Get<ApiKeyStore>().Add(name, scope, sources);

    public async Task StartAsync()
    {
        _app = Server.Build(_with(new(Folder, "http://127.0.0.1:0")), static _ => { });
        await _app.StartAsync();
        Url = Get<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _client = new() { Timeout = TimeSpan.FromSeconds(20), BaseAddress = new(Url) };
    }

    public async Task StopAsync()
    {
        _client?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
        _app = null;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Asks and reads the answer, which has to be JSON.</summary>
    /// <param name="key">null or "" for none</param>
    /// <param name="match">the revision that a saving follows, or null</param>
    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, HttpContent? body = null, string? key = null, string? match = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (!string.IsNullOrEmpty(key)) request.Headers.TryAddWithoutValidation("X-API-Key", key);
        if (match is not null) request.Headers.TryAddWithoutValidation("If-Match", match);
        using var answer = await Client.SendAsync(request);
        return (answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>Saves a text in YAML.</summary>
    /// <param name="path">after <c>/api/v1/</c></param>
    /// <param name="match">the revision that it follows in quotes, or null</param>
    public async Task<(HttpStatusCode Status, JsonElement Body)> SaveAsync(string path, string yaml, string? key, string? match = "\"0\"")
    {
        using var body = new StringContent(yaml, Encoding.UTF8, "application/yaml");
        return await SendAsync(HttpMethod.Put, $"/api/v1/{path}", body, key, match);
    }

    /// <summary>What a refusal is known by.</summary>
    public static (HttpStatusCode, string?) Code((HttpStatusCode Status, JsonElement Body) answer) => (answer.Status, answer.Body.GetProperty("code").GetString());

    public async Task<JsonElement> GetAsync(string path) => JsonElement.Parse(await Client.GetStringAsync(path));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }
}
