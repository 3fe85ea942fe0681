using System.Net;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Reference;

/// <summary>Departments are renamed, moved and retired while the server runs; numbers keep their ids, and the past its names.</summary>
public sealed class ReferenceAnswerTests : IAsyncLifetime
{
    private const string Two = """
        - id: billing
          title: {en: Billing, zh-Hans: 账务部}
          time_zone: Asia/Shanghai
          head: anna
        - {id: refunds, parent: billing}

        """;

    private RunningServer _server = null!;
    private string _admin = "";

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync(prepare: static folder =>
        {
            Directory.CreateDirectory(Path.Combine(folder, "reference"));
            File.WriteAllText(Path.Combine(folder, "reference", "departments.yaml"), "- {id: billing, title: {en: Accounts}}\n");
        });
        _admin = _server.Key("admin", KeyScope.Admin);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task<(HttpStatusCode Status, JsonElement Body)> Put(string path, string yaml, string? match, string? key = null) =>
        _server.SendAsync(HttpMethod.Put, "/api/v1/reference/" + path, new StringContent(yaml, Encoding.UTF8, "text/yaml"), key ?? _admin, match);

    private Task<JsonElement> Get(string path) => _server.GetAsync("/api/v1/" + path);

    private static string Name(JsonElement entry) => entry.GetProperty("title").GetProperty("en").GetString()!;

    [Fact(Timeout = 120_000)]
    public async Task A_department_is_renamed_without_a_start_and_the_past_shows_the_name_of_then()
    {
        var host = _server.Host;
        await host.OfferAsync([Story.Event(host.Now - 1_000, "ticket/T-1", new TicketCreated(TicketKind.Complaint, Channel.Phone, DepartmentId: "billing"), "c")], default);
        var before = DateTimeOffset.UtcNow;
        var (dry, tried) = await Put("departments?dry_run=true", Two, null);
        Assert.Equal((HttpStatusCode.OK, false, "[\"refunds\"]", "[\"billing\"]"), (dry, tried.GetProperty("saved").GetBoolean(), tried.GetProperty("added").GetRawText(), tried.GetProperty("renamed").GetRawText()));
        Assert.Equal("Accounts", Name(await Get("reference/departments/billing"))); // a dry run changes nothing
        await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, (await Put("departments", Two, "1")).Status);

        async Task NamesHold()
        {
            Assert.Equal("Billing", Name(await Get("reference/departments/billing")));
            var at = Uri.EscapeDataString(before.ToString("O"));
            Assert.Equal("Accounts", Name(await Get($"reference/departments/billing?at={at}")));
            Assert.Equal(["Accounts", "Billing"], (await Get("reference/departments/billing")).GetProperty("names").EnumerateArray().Select(Name));
            var directory = _server.Get<BoardDirectory>();
            Assert.Equal(("Billing", "Asia/Shanghai"), (directory.Department("billing")!.En, directory.Zone("department/billing")));
            async Task<JsonElement> Card(string window) => (await Get("scorecards?window=" + window)).GetProperty("departments").EnumerateArray().Single(d => d.GetProperty("department").GetString() == "billing");
            var now = await Card("7d");
            Assert.Equal(("Billing", 1), (Name(now), now.GetProperty("metrics").GetProperty("tickets.created").GetInt32())); // an old number keeps its id
            Assert.Equal("Accounts", Name(await Card(Uri.EscapeDataString($"{before.AddDays(-1):O}/{before:O}"))));
            Assert.Equal("billing", (await Get("reference/departments/refunds")).GetProperty("parent").GetString());
        }

        await NamesHold();
        await _server.RestartAsync();
        await NamesHold();
        // By hand, with the server stopped: the file is the newest word then.
        await _server.StopAsync();
        File.WriteAllText(Path.Combine(_server.Folder, "reference", "departments.yaml"), Two.Replace("Billing", "Invoices", StringComparison.Ordinal));
        await _server.StartAsync();
        Assert.Equal(["Accounts", "Billing", "Invoices"], (await Get("reference/departments/billing")).GetProperty("names").EnumerateArray().Select(Name));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("departments", "- {id: billing}\n- {id: x, parent: nowhere}\n", "departments.yaml", 2, "parent 'nowhere' is not in this list")]
    [InlineData("departments", "- {id: billing, parent: x}\n- {id: x, parent: billing}\n", "departments.yaml", 1, "'billing' is its own parent, by way of 'billing'")]
    [InlineData("departments", "- {id: other}\n", "departments.yaml", 0, "'billing' is missing: old numbers have this id. Keep it and say 'retired: true'")]
    [InlineData("departments", "- {id: billing}\n- {id: billing}\n", "departments.yaml", 2, "department 'billing' stands twice")]
    [InlineData("departments", "- {id: billing, time_zone: Mars/Olympus}\n", "departments.yaml", 1, "'Mars/Olympus' is not an IANA time zone")]
    [InlineData("departments", "- {id: billing, calendar: nowhere}\n", "departments.yaml", 1, "there is no calendar 'nowhere'")]
    [InlineData("queues", "- {id: q, department_id: mars}\n", "queues.yaml", 1, "department 'mars' is not in departments.yaml")]
    [InlineData("agents", "- {id: a}\n- {id: b, department_id: mars}\n", "agents.yaml", 2, "department 'mars' is not in departments.yaml")]
    [InlineData("categories", "- {id: a, parent: b}\n", "categories.yaml", 1, "parent 'b' is not in this list")]
    [InlineData("customers", "- {id: c-1}\n", "customers.yaml", 1, "'tier' is required")]
    [InlineData("customers", "- {id: c-1, tier: vip, phone: 1}\n", "customers.yaml", 1, "unknown key 'phone'; known are id, tier")]
    public async Task A_list_that_breaks_a_rule_changes_nothing_and_is_told_where(string kind, string yaml, string file, long line, string rule)
    {
        var (revision, tag) = (await Get("reference/" + kind), "");
        tag = revision.GetProperty("revision").GetRawText();
        foreach (var path in (string[])[kind, kind + "?dry_run=true"])
        {
            var (status, problem) = await Put(path, yaml, tag);
            Assert.Equal((HttpStatusCode.UnprocessableEntity, file, line, rule), (status, problem.GetProperty("file").GetString(), problem.GetProperty("line").GetInt64(), problem.GetProperty("detail").GetString()));
        }
        Assert.Equal(revision.GetRawText(), (await Get("reference/" + kind)).GetRawText());
    }

    [Fact(Timeout = 60_000)]
    public async Task Nobody_undoes_unseen_what_another_saved_and_only_an_administrator_saves()
    {
        Assert.Equal(HttpStatusCode.PreconditionRequired, (await Put("departments", Two, null)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Put("departments", Two, "1")).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await Put("departments", Two, "1")).Status);
        var reader = _server.Key("wall", KeyScope.Read);
        Assert.Equal(HttpStatusCode.Forbidden, (await Put("departments", Two, "2", reader)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Put("customers", "- {id: c-1, tier: vip}\n", "0")).Status);
        Assert.Equal("vip", (await Get("reference/customers/c-1")).GetProperty("tier").GetString());
        Assert.Equal(Two, await _server.Client.GetStringAsync("/api/v1/reference/departments?format=yaml"));
        Assert.True((await Put("queues?dry_run=true", "- {id: q, thresholds_s: [30]}\n", null)).Body.GetProperty("judged_from_next_start").GetBoolean());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_retired_department_leaves_the_lists_but_not_its_numbers()
    {
        await Put("departments", Two + "- {id: closed, retired: true}\n", "1");
        Assert.Equal(["billing", "refunds"], _server.Get<BoardDirectory>().Departments);
        Assert.True(_server.Get<ReferenceStore>().Current.Departments["closed"].Retired);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_line_that_a_crash_cut_off_costs_that_line_alone()
    {
        await Put("departments", Two, "1");
        await _server.StopAsync();
        File.AppendAllText(Path.Combine(_server.Folder, "reference.ndjson"), "{\"At\":1,\"Kind\":\"dep");
        await _server.StartAsync();
        Assert.Equal("Billing", Name(await Get("reference/departments/billing")));
        Assert.Equal(HttpStatusCode.OK, (await Put("departments", Two.Replace("Billing", "Later", StringComparison.Ordinal), "2")).Status);
        await _server.RestartAsync();
        Assert.Equal("Later", Name(await Get("reference/departments/billing")));
    }
}
