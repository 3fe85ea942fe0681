using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Cli;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>Saving over HTTP: who may, what is refused and with which words, what is in force afterwards and after a restart.</summary>
public sealed class SavingTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };
    private WebApplication? _app;
    private Uri _root = null!;
    private string _admin = "", _sender = "";

    public async ValueTask InitializeAsync()
    {
        var keys = ApiKeyStore.OpenOrCreate(_folder.Path, out var first);
        _sender = first!;
        _admin = keys.Add("anna", KeyScope.Admin, null);
        await Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _app!.DisposeAsync();
        _client.Dispose();
        _folder.Dispose();
    }

    private static string Policy(int version, int hours, bool running = false) =>
        $"id: fast\nversion: {version}\n{(running ? "effective: {running: true}\n" : "")}clocks:\n- {{id: resolution, start: created, stop: [ticket.resolved], limit: {{value: {hours}, unit: hour}}}}\n";

    [Fact]
    public async Task Only_a_key_with_the_scope_admin_may_save()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await Put("policies/fast", Policy(1, 1), null)).Status); // not even from this machine
        Assert.Equal((HttpStatusCode.Forbidden, "scope_missing"), Code(await Put("policies/fast", Policy(1, 1), _sender)));
        Assert.Equal(0, _app!.Services.GetRequiredService<IOpsHost>().Read(t => t.Edits.Count));
    }

    [Fact]
    public async Task What_is_wrong_is_said_and_nothing_is_saved()
    {
        Assert.Equal((HttpStatusCode.PreconditionRequired, "if_match_required"), Code(await Put("policies/fast", Policy(1, 1), _admin, match: null)));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "id_differs"), Code(await Put("policies/other", Policy(1, 1), _admin)));
        var (status, fault) = await Put("policies/fast", Policy(1, 1).Replace("ticket.resolved", "ticket.solved", StringComparison.Ordinal), _admin);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "policy_refused", 4), (status, fault.GetProperty("code").GetString(), fault.GetProperty("line").GetInt32()));
        Assert.Equal((HttpStatusCode.Conflict, "version_stands"), Code(await Put("policies/uk-ofcom", "id: uk-ofcom\nversion: 2\nclocks:\n- {id: x, start: created, stop: [ticket.replied], limit: {value: 1, unit: hour}}\n", _admin)));
        Assert.Equal(0, _app!.Services.GetRequiredService<IOpsHost>().Read(t => t.Edits.Count));
        Assert.Equal(HttpStatusCode.OK, (await Put("policies/fast", Policy(1, 1), _admin)).Status);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "changed_meanwhile"), Code(await Put("policies/fast", Policy(2, 2), _admin, "\"0\""))); // has not seen version 1
        Assert.Equal((HttpStatusCode.Conflict, "version_stands"), Code(await Put("policies/fast", Policy(1, 2), _admin, "\"1\"")));
    }

    [Fact]
    public async Task Saved_it_is_in_force_shown_with_its_history_and_still_there_after_a_restart()
    {
        await Created("T-1");
        var first = (await Put("policies/fast", Policy(1, 1), _admin)).Body;
        Assert.Equal((1, 1, 0), (first.GetProperty("version").GetInt32(), first.GetProperty("revision").GetInt32(), first.GetProperty("dry_run").GetProperty("tickets_changed").GetInt32()));
        await Created("T-2");
        Assert.Equal(("sla-default 1", "fast 1"), (await Resolution("T-1"), await Resolution("T-2")));

        var second = (await Put("policies/fast", Policy(2, 2, running: true), _admin, "\"1\"")).Body.GetProperty("dry_run");
        Assert.Equal(2, second.GetProperty("tickets_changed").GetInt32());
        Assert.Equal(("fast 2", "fast 2"), (await Resolution("T-1"), await Resolution("T-2")));
        var calendar = "id: shop\ntime_zone: Europe/Berlin\nweek: {mon: [\"09:00-17:00\"]}\n";
        Assert.Equal(HttpStatusCode.OK, (await Put("calendars/shop", calendar, _admin)).Status);

        await _app!.DisposeAsync();
        await Start();
        Assert.Equal(("fast 2", "fast 2"), (await Resolution("T-1"), await Resolution("T-2")));
        using var shelf = JsonDocument.Parse(await _client.GetStringAsync($"{_root}api/v1/policies"));
        var saved = shelf.RootElement.GetProperty("policies").EnumerateArray().Where(p => p.GetProperty("id").GetString() == "fast").ToList();
        Assert.Equal([1, 2], saved.Select(p => p.GetProperty("version").GetInt32()));
        Assert.StartsWith("anna (", saved[0].GetProperty("saved_by").GetString(), StringComparison.Ordinal);
        Assert.Equal(calendar, await _client.GetStringAsync($"{_root}api/v1/policies/calendars/saved-3.yaml"));
        using var history = JsonDocument.Parse(await _client.GetStringAsync($"{_root}api/v1/policies/policies/fast/history"));
        var newest = history.RootElement.GetProperty("saved")[0];
        Assert.Equal((2, 2), (newest.GetProperty("version").GetInt32(), newest.GetProperty("revision").GetInt32()));
        Assert.Equal(["+2", "+3", "+5", "-2", "-4"], newest.GetProperty("changed").EnumerateArray().Select(c => c.GetProperty("op").GetString() + c.GetProperty("line").GetInt32()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_changed_by_hand_in_a_file_stands_in_the_history_from_the_next_start_on()
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, "reference", "policies")).FullName, "fast.yaml");
        foreach (var text in new[] { Policy(1, 1), Policy(1, 1), Policy(1, 3) }) // the second start finds nothing new
        {
            await _app!.DisposeAsync();
            await File.WriteAllTextAsync(file, text);
            await Start();
        }
        Assert.Equal(HttpStatusCode.OK, (await Put("policies/fast", Policy(2, 4), _admin)).Status);
        Assert.Equal(["fast.yaml False -4 +4", "fast.yaml False +1 +2 +3 +4"], await Files());
        await _app!.DisposeAsync();
        File.Delete(file);
        await Start();
        Assert.Equal("fast.yaml True -1 -2 -3 -4", (await Files())[0]);

        async Task<List<string>> Files()
        {
            using var history = JsonDocument.Parse(await _client.GetStringAsync($"{_root}api/v1/policies/policies/fast/history"));
            Assert.Single(history.RootElement.GetProperty("saved").EnumerateArray());
            return [.. history.RootElement.GetProperty("files").EnumerateArray().Select(f => $"{f.GetProperty("file").GetString()} {f.GetProperty("gone").GetBoolean()} "
                + string.Join(' ', f.GetProperty("changed").EnumerateArray().Select(c => c.GetProperty("op").GetString() + c.GetProperty("line").GetInt32())))];
        }
    }

    [Fact]
    public async Task The_command_line_saves_and_says_what_is_wrong_with_its_line()
    {
        var file = _folder.File("fast.yaml");
        await File.WriteAllTextAsync(file, Policy(1, 1));
        string[] save = ["policy", "save", "--file", file, "--url", _root.ToString(), "--key", _admin];
        Assert.Equal(2, await CommandLine.RunAsync(save)); // reading the history needs the right to read as well
        Assert.Equal(0, await CommandLine.RunAsync([.. save, "--follows", "0"]));
        await File.WriteAllTextAsync(file, Policy(2, 1).Replace("hour", "hours", StringComparison.Ordinal));
        Assert.Equal(2, await CommandLine.RunAsync([.. save, "--follows", "1"]));
        Assert.Equal(1, _app!.Services.GetRequiredService<IOpsHost>().Read(t => t.Edits.Count));
    }

    private async Task Start()
    {
        _app = Server.Build(new ServeOptions(_folder.Path, "http://127.0.0.1:0"), static _ => { });
        await _app.StartAsync();
        _root = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    private static (HttpStatusCode, string?) Code((HttpStatusCode Status, JsonElement Body) answer) => (answer.Status, answer.Body.GetProperty("code").GetString());

    private async Task<(HttpStatusCode Status, JsonElement Body)> Put(string path, string yaml, string? key, string? match = "\"0\"")
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(_root, $"/api/v1/{path}")) { Content = new StringContent(yaml, Encoding.UTF8, "application/yaml") };
        if (key is not null) request.Headers.Authorization = new("Bearer", key);
        if (match is not null) request.Headers.TryAddWithoutValidation("If-Match", match);
        using var answer = await _client.SendAsync(request);
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    private async Task Created(string ticket)
    {
        var at = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_root, "/api/v1/events"))
        {
            Content = new StringContent(
                $$$"""{"specversion":"1.0","id":"{{{ticket}}}","source":"try","type":"ticket.created","time":"{{{at}}}","subject":"ticket/{{{ticket}}}","data":{"kind":"complaint","channel":"phone"}}""",
                Encoding.UTF8, "application/cloudevents+json"),
        };
        request.Headers.Authorization = new("Bearer", _sender);
        using var answer = await _client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<string> Resolution(string ticket)
    {
        using var explained = JsonDocument.Parse(await _client.GetStringAsync(new Uri(_root, $"/api/v1/tickets/{ticket}/explain")));
        var clock = explained.RootElement.GetProperty("clocks").EnumerateArray().Single(c => c.GetProperty("id").GetString() == "resolution");
        return $"{clock.GetProperty("policy").GetString()} {clock.GetProperty("version").GetInt32()}";
    }
}
