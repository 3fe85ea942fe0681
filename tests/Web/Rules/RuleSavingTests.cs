using System.Net;
using System.Text.Json;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Web.Access;
using Xunit;

namespace OpsMonitor.Tests.Web.Rules;

/// <summary>Saving rules over HTTP: who may, what is refused and with which words, what is in force afterwards and after a restart.</summary>
public sealed class RuleSavingTests : IAsyncLifetime
{
    private RunningServer _server = null!;
    private string _admin = "", _sender = "";

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        (_admin, _sender) = (_server.Key("anna", KeyScope.Admin), _server.Key("crm", KeyScope.Ingest));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private const string Eight = "rules:\n  bulk_complaint: {count: 8}\n";

    private int Count(string? department = null) => _server.Host.Read(t => t.Policies.Rules.Of(RuleId.BulkComplaint, department)[RuleNumber.Count]);

    private int Savings() => _server.Host.Read(t => t.Edits.Count);

    [Fact]
    public async Task Only_a_key_with_the_scope_admin_may_save()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await Put(Eight, null)).Status); // not even from this machine
        Assert.Equal((HttpStatusCode.Forbidden, "scope_missing"), RunningServer.Code(await Put(Eight, _sender)));
        Assert.Equal((0, 10), (Savings(), Count()));
    }

    [Theory]
    [InlineData("rules:\n  bulk_complaint: {count: 8}\n  bulk_complain: {count: 8}\n", 3)]
    [InlineData("rules:\n  occupancy: off\n  bulk_complaint: {count: many}\n", 3)]
    [InlineData("rules:\n  bulk_complaint: {count: 3, clear_below: 4}\n", 2)]
    [InlineData("rules: [\n", 2)]
    [InlineData("# nothing\n", 0)]
    public async Task What_is_wrong_is_said_with_its_line_and_nothing_of_it_is_taken(string text, int line)
    {
        Assert.Equal(HttpStatusCode.OK, (await Put(Eight, _admin)).Status);
        var (status, fault) = await Put(text, _admin, "\"1\"");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "policy_refused"), (status, fault.GetProperty("code").GetString()));
        Assert.Equal(line, fault.GetProperty("line").GetInt32());
        Assert.Equal((1, 8), (Savings(), Count()));
        Assert.True(_server.Host.Read(t => t.Policies.Rules.Of(RuleId.Occupancy, null).On));
    }

    [Fact]
    public async Task Of_two_who_save_at_once_one_is_refused_and_told_so()
    {
        var answers = await Task.WhenAll(Put(Eight, _admin), Put("rules:\n  bulk_complaint: {count: 7}\n", _admin));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.PreconditionFailed], answers.Select(a => a.Status).Order());
        Assert.Equal("changed_meanwhile", answers.Single(a => a.Status != HttpStatusCode.OK).Body.GetProperty("code").GetString());
        Assert.Equal(1, Savings());
        Assert.Equal((HttpStatusCode.PreconditionRequired, "if_match_required"), RunningServer.Code(await Put(Eight, _admin, match: null)));
    }

    [Fact]
    public async Task Saved_it_is_in_force_shown_with_who_and_when_and_still_there_after_a_restart()
    {
        var (_, first) = await Put(Eight, _admin);
        Assert.Equal((1, 1, "bulk_complaint 2"), (first.GetProperty("revision").GetInt32(), first.GetProperty("version").GetInt32(), Changed(first)));
        var own = "departments:\n  billing:\n    bulk_complaint: {count: 6}\n    occupancy: off\n";
        Assert.Equal("bulk_complaint 3 billing, occupancy 2 billing", Changed((await Put(own, _admin, "\"1\"")).Body));
        Assert.Equal((8, 6), (Count(), Count("billing")));

        await _server.RestartAsync();
        Assert.Equal((8, 6), (Count(), Count("billing")));
        Assert.Equal(2, (await _server.GetAsync("/api/v1/rules")).GetProperty("revision").GetInt32());
        var saved = (await _server.GetAsync("/api/v1/rules/history")).GetProperty("saved").EnumerateArray().ToList();
        Assert.Equal([(2, own), (1, Eight)], saved.Select(s => (s.GetProperty("revision").GetInt32(), s.GetProperty("text").GetString()!)));
        Assert.Equal("bulk_complaint 2", Changed(saved[1]));
        Assert.All(saved, s => Assert.StartsWith("anna (", s.GetProperty("saved_by").GetString(), StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await Put("rules:\n  bulk_complaint: {count: 9}\n", _admin, "\"2\"")).Status);
        Assert.Equal((9, 6), (Count(), Count("billing"))); // its own stays its own
    }

    private static string Changed(JsonElement saved) => string.Join(", ", saved.GetProperty("changed").EnumerateArray()
        .Select(r => $"{r.GetProperty("rule").GetString()} {r.GetProperty("version").GetInt32()}{(r.TryGetProperty("department", out var d) ? " " + d.GetString() : "")}"));

    private Task<(HttpStatusCode Status, JsonElement Body)> Put(string yaml, string? key, string? match = "\"0\"") => _server.SaveAsync("rules", yaml, key, match);
}
