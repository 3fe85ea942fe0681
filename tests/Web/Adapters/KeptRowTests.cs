using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Adapters;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Web.Adapters;

/// <summary>A row that no rule could translate waits, is counted over starts, and comes into the numbers when the mapping knows better.</summary>
public sealed class KeptRowTests
{
    private const string OnlyPhone = """
        source: /desk
        rules:
          - {when: {channel: phone}, type: ticket.created, subject: "ticket/{nr}", id: "{nr}-new", time: arrival, data: {kind: complaint, channel: phone}}

        """;
    private const string LettersToo = OnlyPhone + """
          - {name: letter, when: {channel: letter, $header.X-Desk: east}, type: ticket.created, subject: "ticket/{nr}", id: "{nr}-letter", time: arrival, data: {kind: complaint, channel: mail}}
        # the desk stands in $header.X-Desk

        """;

    private static Task<RunningServer> StartAsync() => RunningServer.StartAsync(
        static o => o with { Reference = Path.Combine(o.DataFolder, "house") }, static folder => Write(folder, OnlyPhone + "# $header.X-Desk\n"));

    private static void Write(string folder, string mapping)
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "house", "adapters")).FullName, "desk.yaml");
        var changed = File.Exists(file) ? File.GetLastWriteTimeUtc(file).AddSeconds(5) : DateTime.UtcNow;
        File.WriteAllText(file, mapping);
        File.SetLastWriteTimeUtc(file, changed);
    }

    private static async Task<JsonElement> Told(RunningServer server, string key, string body, string type = "application/json")
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        content.Headers.Add("X-Desk", "east");
        var (status, said) = await server.SendAsync(HttpMethod.Post, "/api/v1/adapters/desk", content, key);
        Assert.Equal(HttpStatusCode.OK, status);
        return said;
    }

    private static Task<(HttpStatusCode Status, JsonElement Body)> Again(RunningServer server, string? key) => server.SendAsync(HttpMethod.Post, "/api/v1/adapters/desk/again", null, key);

    private static string Numbers(JsonElement said, params string[] names) => string.Join(' ', names.Select(n => said.GetProperty(n).GetRawText()));

    private static string[] Files(RunningServer server) => Directory.GetFiles(Path.Combine(server.Folder, "unmapped", "desk"));

    private static async Task<Event> Single(RunningServer server, string subject) => Assert.Single((await server.Host.HistoryAsync(Subject.Parse(subject), default))!);

    [Fact]
    public async Task A_row_that_waited_over_a_start_comes_in_with_its_own_time_of_arrival_when_the_mapping_knows_better()
    {
        await using var server = await StartAsync();
        var (sends, admin) = (server.Key("desk", KeyScope.Ingest), server.Key("anna", KeyScope.Admin));
        var before = server.Host.Now;
        Assert.Equal("1 2", Numbers(await Told(server, sends, """[{"nr": 1, "channel": "letter"}, {"nr": 2, "channel": "phone"}, {"nr": 3, "channel": "fax"}]"""), "accepted", "unmapped"));
        var after = server.Host.Now;
        await server.RestartAsync();

        Assert.Equal("2 2 0 2", Numbers(await server.GetAsync("/api/v1/adapters/desk/kept"), "waiting", "looked_at", "events", "unmapped"));
        var panel = await server.GetAsync("/api/v1/sources");
        Assert.Equal(2, Assert.Single(panel.GetProperty("senders").EnumerateArray(), s => s.GetProperty("sender").GetString() == "adapter/desk").GetProperty("quarantined").GetInt32());
        Assert.Equal(2, Assert.Single(panel.GetProperty("sources").EnumerateArray(), s => s.GetProperty("source").GetString() == "/desk").GetProperty("quarantined").GetInt32());

        Write(server.Folder, LettersToo);
        var would = await server.GetAsync("/api/v1/adapters/desk/kept");
        Assert.Equal("2 1 1", Numbers(would, "waiting", "events", "unmapped"));
        Assert.Equal(JsonValueKind.Null, would.GetProperty("fault").ValueKind);
        Assert.Equal(("no rule holds", 1), would.GetProperty("reasons")[0] is var r ? (r.GetProperty("reason").GetString(), r.GetProperty("rows").GetInt32()) : default);

        Write(server.Folder, LettersToo + "rule: none\n"); // a slip of the pen
        Assert.Contains("desk.yaml", (await server.GetAsync("/api/v1/adapters/desk/kept")).GetProperty("fault").GetString(), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Conflict, "broken_mapping"), RunningServer.Code(await Again(server, admin)));
        Write(server.Folder, LettersToo);

        await Task.Delay(20, TestContext.Current.CancellationToken);
        var (status, said) = await Again(server, admin);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("1 0 0 0 1 1", Numbers(said, "accepted", "duplicate", "rejected", "ignored", "unmapped", "waiting"));
        Assert.InRange((await Single(server, "ticket/1")).At, before, after);
        Assert.Contains("fax", Assert.Single(File.ReadAllLines(Assert.Single(Files(server)))), StringComparison.Ordinal);

        // What was told twice counts once.
        Assert.Equal("0 0 1 1", Numbers((await Again(server, admin)).Body, "accepted", "duplicate", "unmapped", "waiting"));
    }

    [Fact]
    public async Task A_form_and_a_row_of_a_table_wait_as_what_they_are_and_a_broken_one_word_for_word()
    {
        await using var server = await StartAsync();
        var (sends, admin) = (server.Key("desk", KeyScope.Ingest), server.Key("anna", KeyScope.Admin));
        await Told(server, sends, "nr=7&channel=letter", "application/x-www-form-urlencoded");
        await Told(server, sends, "{not json");
        Write(server.Folder, OnlyPhone.Replace("source: /desk", "source: /desk\nformat: csv", StringComparison.Ordinal));
        await Told(server, sends, "nr,channel\n8,letter\n9\n10,phone\n11\n", "text/csv");
        Assert.Equal("5", Numbers(await server.GetAsync("/api/v1/adapters/desk/kept"), "waiting"));

        Write(server.Folder, LettersToo.Replace(", $header.X-Desk: east", "", StringComparison.Ordinal));
        Assert.Equal("2 3 3", Numbers((await Again(server, admin)).Body, "accepted", "unmapped", "waiting"));
        await Single(server, "ticket/7");
        await Single(server, "ticket/8");
        var kept = File.ReadLines(Assert.Single(Files(server))).Select(l => JsonElement.Parse(l)).Select(k => (k.GetProperty("raw").GetString(), k.GetProperty("reason").GetString()));
        Assert.Equal([("{not json", "the file is not well-formed JSON"), ("9", "line 3: 1 fields where the header has 2"), ("11", "line 5: 1 fields where the header has 2")], kept);
    }

    [Fact]
    public async Task What_the_host_refused_waits_as_an_event_and_comes_in_when_its_time_has_come()
    {
        var clock = new OpsMonitor.Tests.Conformance.StandingClock(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        using var folder = new OpsMonitor.Tests.Silo.Local.Journal.TemporaryFolder();
        var quarantine = new Quarantine(folder.Path, clock);
        var soon = new KeptRow(clock.GetUtcNow(), "time_in_future /time: more than 5 minutes ahead", """{"specversion":"1.0","id":"a","source":"/desk","type":"ticket.created","time":"2030-01-01T00:00:00Z","subject":"ticket/1","data":{"kind":"complaint","channel":"phone"}}""", KeptAs.Event);
        Assert.Equal(0, quarantine.Keep("desk", [soon, soon with { Raw = "half" }]));
        var offered = new List<string>();
        var mapping = MappingReader.Read(Path.Combine(AdapterShelf.BuiltIn, "zendesk.yaml"));
        await quarantine.AgainAsync("desk", rows =>
        {
            var delivery = Delivery.Again(mapping, rows);
            offered.AddRange(delivery.Events.Select(e => e.Event.Id));
            return Task.FromResult<IReadOnlyList<KeptRow>?>(delivery.Unmapped);
        });
        Assert.Equal(["a"], offered);
        Assert.Equal((1, soon.Reason), (quarantine.Waiting("desk"), Assert.Single(quarantine.Oldest("desk", 9)).Reason));
    }

    [Fact]
    public async Task What_comes_while_the_rest_is_tried_is_not_lost_nor_what_a_full_host_did_not_take_nor_what_a_crash_tore()
    {
        var clock = new OpsMonitor.Tests.Conformance.StandingClock(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        using var folder = new OpsMonitor.Tests.Silo.Local.Journal.TemporaryFolder();
        var quarantine = new Quarantine(folder.Path, clock);
        KeptRow Row(int n) => new(clock.GetUtcNow(), "no rule holds", $$"""{"n":{{n}}}""", KeptAs.Row) { Line = n, Turn = n, Headers = new Dictionary<string, string> { ["X-A"] = "b" } };
        quarantine.Keep("desk", [.. Enumerable.Range(1, 1_200).Select(Row)]);
        Assert.Equal(1_200, quarantine.Waiting("desk"));
        var file = Directory.GetFiles(Path.Combine(folder.Path, "unmapped", "desk")).Single();
        File.AppendAllText(file, "{\"at\":\"20");
        quarantine.Keep("desk", [Row(1_201)]);
        Assert.Equal(1_202, quarantine.Waiting("desk"));

        var offers = 0;
        Task<IReadOnlyList<KeptRow>?> Offer(IReadOnlyList<KeptRow> rows)
        {
            quarantine.Keep("desk", [Row(2_000 + offers)]);
            return Task.FromResult<IReadOnlyList<KeptRow>?>(offers++ == 0 ? [rows[0] with { Reason = "still" }] : null);
        }
        Assert.True(await quarantine.AgainAsync("desk", Offer));

        Assert.Equal(2, offers); // the second was refused, and no third made
        var left = File.ReadAllLines(file).Select(KeptRowJson.Read).ToList();
        Assert.Equal([1, .. Enumerable.Range(501, 700).Select(n => (long)n), -1, 1_201, 2_000, 2_001], left.Select(r => r?.Line ?? -1));
        Assert.Equal(("still", "b", 1L), (left[0]!.Reason, left[0]!.Headers!["x-a"], left[0]!.Turn));
        Assert.Equal(left.Count, quarantine.Waiting("desk"));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Tried_again_it_is_the_event_that_it_would_have_been()
    {
        using var folder = new OpsMonitor.Tests.Silo.Local.Journal.TemporaryFolder();
        var file = Path.Combine(folder.Path, "desk.yaml");
        File.WriteAllText(file, OnlyPhone.Replace("{nr}-new", "{nr}-{$line}", StringComparison.Ordinal));
        var arrival = DateTimeOffset.FromUnixTimeMilliseconds(1_767_225_600_123);
        var kept = new KeptRow(arrival, "no rule holds", """{"nr": 1, "channel": "phone"}""", KeptAs.Row) { Line = 7, Turn = 3 };
        var again = KeptRowJson.Read(KeptRowJson.Text(kept))!;
        Assert.Equal(kept, again);
        var e = Assert.Single(Assert.IsType<Translation.Events>(again.Translate(MappingReader.Read(file))).All).Event;
        Assert.Equal(("1-7", arrival.ToUnixTimeMilliseconds(), 3 * 4096L), (e.Id, e.At, e.Sequence)); // the fourth request of its millisecond
    }

    [Fact]
    public async Task An_id_that_was_used_for_something_else_stays_refused_however_often_it_is_tried()
    {
        await using var server = await StartAsync();
        var (sends, admin) = (server.Key("desk", KeyScope.Ingest), server.Key("anna", KeyScope.Admin));
        await Told(server, sends, """{"nr": 2, "channel": "phone"}""");
        await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.Equal("0 1", Numbers(await Told(server, sends, """{"nr": 2, "channel": "phone"}"""), "accepted", "rejected")); // at another time
        for (var n = 0; n < 2; n++)
        {
            var (_, said) = await Again(server, admin);
            Assert.Equal("0 0 1 1", Numbers(said, "accepted", "duplicate", "rejected", "waiting"));
            Assert.StartsWith("id_reused /id", said.GetProperty("reasons")[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void It_is_kept_for_30_days_and_not_for_31()
    {
        var clock = new OpsMonitor.Tests.Conformance.StandingClock(1_767_225_600_000); // 2026-01-01
        using var folder = new OpsMonitor.Tests.Silo.Local.Journal.TemporaryFolder();
        var quarantine = new Quarantine(folder.Path, clock);
        KeptRow Now() => new(clock.GetUtcNow(), "no rule holds", "{}", KeptAs.Row);
        quarantine.Keep("desk", [Now()]);
        var half = Path.Combine(folder.Path, "unmapped", "desk", "2026-01-01.ndjson.new"); // as a crash leaves it
        File.WriteAllText(half, "{}");
        clock.Ms += 30 * 86_400_000L;
        quarantine.Keep("other", [Now()]);
        Assert.Equal((1, true), (quarantine.Waiting("desk"), File.Exists(half)));
        clock.Ms += 86_400_000;
        quarantine.Keep("other", [Now()]);
        Assert.Equal((0, false, 2), (quarantine.Waiting("desk"), File.Exists(half), quarantine.Waiting("other")));
        Assert.Equal(["other"], quarantine.Adapters);
    }

    [Fact]
    public async Task Where_its_files_cannot_be_written_it_says_so_and_what_was_taken_counts_once()
    {
        await using var server = await StartAsync();
        var (sends, admin) = (server.Key("desk", KeyScope.Ingest), server.Key("anna", KeyScope.Admin));
        await Told(server, sends, """{"nr": 1, "channel": "letter"}""");
        var inTheWay = Directory.CreateDirectory(Assert.Single(Files(server)) + ".new");
        await Told(server, sends, """{"nr": 3, "channel": "fax"}""");
        Assert.Equal(HttpStatusCode.OK, (await Again(server, admin)).Status); // nothing was taken, so nothing is written: as on a full disk

        Write(server.Folder, LettersToo);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "kept_unavailable"), RunningServer.Code(await Again(server, admin)));
        await Single(server, "ticket/1");
        inTheWay.Delete();
        Assert.Equal("0 1 1 1", Numbers((await Again(server, admin)).Body, "accepted", "duplicate", "unmapped", "waiting"));
        await Single(server, "ticket/1");
    }

    [Fact]
    public async Task Two_at_once_is_one_and_only_an_administrator_tries_again()
    {
        await using var server = await StartAsync();
        var (sends, admin) = (server.Key("desk", KeyScope.Ingest), server.Key("anna", KeyScope.Admin));
        await Told(server, sends, """{"nr": 3, "channel": "fax"}""");
        Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized"), RunningServer.Code(await Again(server, null)));
        Assert.Equal((HttpStatusCode.Forbidden, "scope_missing"), RunningServer.Code(await Again(server, sends)));
        Assert.Equal((HttpStatusCode.NotFound, "no_such_adapter"), RunningServer.Code(await server.SendAsync(HttpMethod.Post, "/api/v1/adapters/nobody/again", null, admin)));
        Assert.Equal((HttpStatusCode.BadRequest, "unknown_parameter"), RunningServer.Code(await server.SendAsync(HttpMethod.Get, "/api/v1/adapters/desk/kept?day=1")));
        var (holds, goes) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = server.Get<Quarantine>().AgainAsync("desk", async rows =>
        {
            holds.SetResult();
            await goes.Task;
            return rows;
        });
        await holds.Task;
        Assert.Equal((HttpStatusCode.Conflict, "runs_already"), RunningServer.Code(await Again(server, admin)));
        goes.SetResult();
        Assert.True(await first);
        Assert.Equal(HttpStatusCode.OK, (await Again(server, admin)).Status);
    }
}
