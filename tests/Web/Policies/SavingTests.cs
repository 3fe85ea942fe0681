using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Cli;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>Saving over HTTP: who may, what is refused and with which words, what is in force afterwards and after a restart.</summary>
public sealed class SavingTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private string _admin = "", _sender = "";

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        (_sender, _admin) = (_server.Key("sender", KeyScope.Ingest), _server.Key("anna", KeyScope.Admin));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string Policy(int version, int hours, bool running = false) =>
        $"id: fast\nversion: {version}\n{(running ? "effective: {running: true}\n" : "")}clocks:\n- {{id: resolution, start: created, stop: [ticket.resolved], limit: {{value: {hours}, unit: hour}}}}\n";

    [Fact]
    public async Task Only_a_key_with_the_scope_admin_may_save()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.SaveAsync("policies/fast", Policy(1, 1), null)).Status); // not even from this machine
        Assert.Equal((HttpStatusCode.Forbidden, "scope_missing"), RunningServer.Code(await _server.SaveAsync("policies/fast", Policy(1, 1), _sender)));
        Assert.Equal(0, _server.Host.Read(t => t.Edits.Count));
    }

    [Fact]
    public async Task What_is_wrong_is_said_and_nothing_is_saved()
    {
        Assert.Equal((HttpStatusCode.PreconditionRequired, "if_match_required"), RunningServer.Code(await _server.SaveAsync("policies/fast", Policy(1, 1), _admin, match: null)));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "id_differs"), RunningServer.Code(await _server.SaveAsync("policies/other", Policy(1, 1), _admin)));
        var (status, fault) = await _server.SaveAsync("policies/fast", Policy(1, 1).Replace("ticket.resolved", "ticket.solved", StringComparison.Ordinal), _admin);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "policy_refused", 4), (status, fault.GetProperty("code").GetString(), fault.GetProperty("line").GetInt32()));
        Assert.Equal((HttpStatusCode.Conflict, "version_stands"), RunningServer.Code(await _server.SaveAsync("policies/uk-ofcom", "id: uk-ofcom\nversion: 2\nclocks:\n- {id: x, start: created, stop: [ticket.replied], limit: {value: 1, unit: hour}}\n", _admin)));
        Assert.Equal(0, _server.Host.Read(t => t.Edits.Count));
        Assert.Equal(HttpStatusCode.OK, (await _server.SaveAsync("policies/fast", Policy(1, 1), _admin)).Status);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "changed_meanwhile"), RunningServer.Code(await _server.SaveAsync("policies/fast", Policy(2, 2), _admin, "\"0\""))); // has not seen version 1
        Assert.Equal((HttpStatusCode.Conflict, "version_stands"), RunningServer.Code(await _server.SaveAsync("policies/fast", Policy(1, 2), _admin, "\"1\"")));
    }

    [Fact]
    public async Task Saved_it_is_in_force_shown_with_its_history_and_still_there_after_a_restart()
    {
        await Created("T-1");
        var first = (await _server.SaveAsync("policies/fast", Policy(1, 1), _admin)).Body;
        Assert.Equal((1, 1, 0), (first.GetProperty("version").GetInt32(), first.GetProperty("revision").GetInt32(), first.GetProperty("dry_run").GetProperty("tickets_changed").GetInt32()));
        await Created("T-2");
        Assert.Equal(("sla-default 1", "fast 1"), (await Resolution("T-1"), await Resolution("T-2")));

        var second = (await _server.SaveAsync("policies/fast", Policy(2, 2, running: true), _admin, "\"1\"")).Body.GetProperty("dry_run");
        Assert.Equal(2, second.GetProperty("tickets_changed").GetInt32());
        Assert.Equal(("fast 2", "fast 2"), (await Resolution("T-1"), await Resolution("T-2")));
        var calendar = "id: shop\ntime_zone: Europe/Berlin\nweek: {mon: [\"09:00-17:00\"]}\n";
        Assert.Equal(HttpStatusCode.OK, (await _server.SaveAsync("calendars/shop", calendar, _admin)).Status);

        await _server.RestartAsync();
        Assert.Equal(("fast 2", "fast 2"), (await Resolution("T-1"), await Resolution("T-2")));
        var shelf = await _server.GetAsync("/api/v1/policies");
        var saved = shelf.GetProperty("policies").EnumerateArray().Where(p => p.GetProperty("id").GetString() == "fast").ToList();
        Assert.Equal([1, 2], saved.Select(p => p.GetProperty("version").GetInt32()));
        Assert.StartsWith("anna (", saved[0].GetProperty("saved_by").GetString(), StringComparison.Ordinal);
        Assert.Equal(calendar, await _server.Client.GetStringAsync("/api/v1/policies/calendars/saved-3.yaml"));
        var history = await _server.GetAsync("/api/v1/policies/policies/fast/history");
        var newest = history.GetProperty("saved")[0];
        Assert.Equal((2, 2), (newest.GetProperty("version").GetInt32(), newest.GetProperty("revision").GetInt32()));
        Assert.Equal(["+2", "+3", "+5", "-2", "-4"], newest.GetProperty("changed").EnumerateArray().Select(c => c.GetProperty("op").GetString() + c.GetProperty("line").GetInt32()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_changed_by_hand_in_a_file_stands_in_the_history_from_the_next_start_on()
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(_server.Folder, "reference", "policies")).FullName, "fast.yaml");
        foreach (var text in new[] { Policy(1, 1), Policy(1, 1), Policy(1, 3) }) // the second start finds nothing new
        {
            await _server.StopAsync();
            await File.WriteAllTextAsync(file, text);
            await _server.StartAsync();
        }
        Assert.Equal(HttpStatusCode.OK, (await _server.SaveAsync("policies/fast", Policy(2, 4), _admin)).Status);
        Assert.Equal(["fast.yaml False -4 +4", "fast.yaml False +1 +2 +3 +4"], await Files());
        await _server.StopAsync();
        File.Delete(file);
        await _server.StartAsync();
        Assert.Equal("fast.yaml True -1 -2 -3 -4", (await Files())[0]);

        async Task<List<string>> Files()
        {
            var history = await _server.GetAsync("/api/v1/policies/policies/fast/history");
            Assert.Single(history.GetProperty("saved").EnumerateArray());
            return [.. history.GetProperty("files").EnumerateArray().Select(f => $"{f.GetProperty("file").GetString()} {f.GetProperty("gone").GetBoolean()} "
                + string.Join(' ', f.GetProperty("changed").EnumerateArray().Select(c => c.GetProperty("op").GetString() + c.GetProperty("line").GetInt32())))];
        }
    }

    [Fact]
    public async Task The_command_line_saves_and_says_what_is_wrong_with_its_line()
    {
        var file = Path.Combine(_server.Folder, "fast.yaml");
        await File.WriteAllTextAsync(file, Policy(1, 1));
        string[] save = ["policy", "save", "--file", file, "--url", _server.Url, "--key", _admin];
        Assert.Equal(2, await CommandLine.RunAsync(save)); // reading the history needs the right to read as well
        Assert.Equal(0, await CommandLine.RunAsync([.. save, "--follows", "0"]));
        await File.WriteAllTextAsync(file, Policy(2, 1).Replace("hour", "hours", StringComparison.Ordinal));
        Assert.Equal(2, await CommandLine.RunAsync([.. save, "--follows", "1"]));
        Assert.Equal(1, _server.Host.Read(t => t.Edits.Count));
    }

    private async Task Created(string ticket)
    {
        var at = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        using var body = new StringContent(
            $$$"""{"specversion":"1.0","id":"{{{ticket}}}","source":"try","type":"ticket.created","time":"{{{at}}}","subject":"ticket/{{{ticket}}}","data":{"kind":"complaint","channel":"phone"}}""",
            Encoding.UTF8, "application/cloudevents+json");
        Assert.Equal(HttpStatusCode.OK, (await _server.SendAsync(HttpMethod.Post, "/api/v1/events", body, _sender)).Status);
    }

    private async Task<string> Resolution(string ticket)
    {
        var explained = await _server.GetAsync($"/api/v1/tickets/{ticket}/explain");
        var clock = explained.GetProperty("clocks").EnumerateArray().Single(c => c.GetProperty("id").GetString() == "resolution");
        return $"{clock.GetProperty("policy").GetString()} {clock.GetProperty("version").GetInt32()}";
    }
}
