using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Silo.Local.Vault;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Vault;

/// <summary>What senders say of customers, on a whole server with its data folder.</summary>
public sealed class PersonalDataTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opsmonitor-vault-").FullName;
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(20) };
    private readonly string _at = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
    private WebApplication _app = null!;
    private string _send = "", _look = "";

    public async ValueTask InitializeAsync()
    {
        _app = Server.Build(new ServeOptions(_folder, "http://127.0.0.1:0"), _ => { });
        await _app.StartAsync();
        _client.BaseAddress = new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var keys = _app.Services.GetRequiredService<ApiKeyStore>();
        (_send, _look) = (keys.Add("pbx", KeyScope.Ingest | KeyScope.Read, null), keys.Add("desk", KeyScope.Personal, null));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Phone(int i) => $"1380013{i:0000}";

    private string Call(int i, string customer) => $$"""
        {"specversion":"1.0","id":"c-{{i}}","source":"/pbx","type":"contact.initiated","time":"{{_at}}","subject":"contact/C-{{i}}","data":{"channel":"phone","direction":"inbound",{{customer}} } }
        """;

    private string Named(int i, string phone) => Call(i, $$"""
        "customer_ref":"R-{{i}}","customer":{"phone":"{{phone}}","name":"Wei","\u0065mail":"wei@example.org"}
        """);

    private async Task<(int Status, JsonElement Body)> Send(HttpMethod method, string path, string key, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("X-API-Key", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/cloudevents-batch+json");
        using var response = await _client.SendAsync(request);
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return ((int)response.StatusCode, document.RootElement.Clone());
    }

    private async Task<JsonElement> Post(params string[] events)
    {
        var (status, body) = await Send(HttpMethod.Post, "/api/v1/events", _send, $"[{string.Join(',', events)}]");
        Assert.Equal(200, status);
        return body;
    }

    private Task<(int Status, JsonElement Body)> Who(string customer, string? key = null) => Send(HttpMethod.Get, "/api/v1/customers/" + customer, key ?? _look);

    [Fact(Timeout = 120_000)]
    public async Task Of_a_thousand_numbers_none_stands_in_any_file_and_the_erased_are_gone()
    {
        for (var i = 0; i < 1_000; i += 250) await Post([.. Enumerable.Range(i, 250).Select(n => Named(n, Phone(n)))]);
        Assert.Equal(Phone(7), (await Who("R-7")).Body.GetProperty("phone").GetString());
        using (var elsewhere = CustomerVault.Open(_folder)) // as the command line does, beside the running server
            for (var i = 0; i < 100; i++) Assert.True(elsewhere.Erase($"R-{i}"));
        Assert.Equal((404, 200), ((await Who("R-7")).Status, (await Who("R-100")).Status));
        Assert.Equal(1, (await Post(Named(7, Phone(7)))).GetProperty("duplicate").GetInt32());
        Assert.Equal(404, (await Who("R-7")).Status); // a repeat brings nobody back
        await _app.DisposeAsync();
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            Assert.DoesNotContain("1380013", text, StringComparison.Ordinal);
            Assert.DoesNotContain("wei@example.org", text, StringComparison.Ordinal);
        }
        var opened = Frames.TextOf(_folder); // frames are compressed: looked at unpacked
        Assert.Contains("R-7", opened, StringComparison.Ordinal);
        Assert.DoesNotContain("1380013", opened, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_event_again_is_a_duplicate_and_another_body_is_not()
    {
        Assert.Equal(1, (await Post(Named(1, Phone(1)))).GetProperty("accepted").GetInt32());
        Assert.Equal(1, (await Post(Named(1, Phone(1)))).GetProperty("duplicate").GetInt32());
        Assert.Equal(1, (await Post(Named(1, Phone(2)))).GetProperty("duplicate").GetInt32()); // only personal data differs: that is no part of the body
        Assert.Equal(Phone(1), (await Who("R-1")).Body.GetProperty("phone").GetString());
        var (status, body) = await Send(HttpMethod.Post, "/api/v1/events", _send, $"[{Call(1, "\"customer_ref\":\"R-2\",\"customer\":{\"phone\":\"139\"}")}]");
        Assert.Equal((400, "id_reused", 404), (status, body.GetProperty("code").GetString(), (await Who("R-2")).Status)); // of a refused event nothing is kept
    }

    [Fact]
    public async Task Without_a_reference_the_same_number_is_the_same_customer()
    {
        await Post(Call(1, "\"customer\":{\"phone\":\"+86 138-0000\"}"), Call(2, "\"customer\":{\"phone\":\"861380000\",\"name\":\"Wei\"}"), Call(3, "\"customer\":\"138\""));
        var found = await Frames.References(_app);
        Assert.Equal(found["C-1"], found["C-2"]);
        Assert.Null(found["C-3"]); // no object: taken off, and nobody is referred to
        var (_, who) = await Who(found["C-1"]!);
        Assert.Equal(("861380000", "Wei"), (who.GetProperty("phone").GetString(), who.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Only_a_key_made_for_it_learns_who_a_customer_is()
    {
        await Post(Named(1, Phone(1)));
        Assert.Equal((200, 403), ((await Who("R-1")).Status, (await Who("R-1", _send)).Status));
        using var bare = await _client.GetAsync(new Uri("/api/v1/customers/R-1", UriKind.Relative)); // this machine alone is no reason
        Assert.Equal(401, (int)bare.StatusCode);
    }
}
