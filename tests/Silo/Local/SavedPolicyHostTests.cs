using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Web.Policies;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>A saving on the single machine: durable with its turn, found again by a replay, by a snapshot, and by a start while it was still under way.</summary>
public sealed class SavedPolicyHostTests : IDisposable
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-03-02T09:00:00Z", CultureInfo.InvariantCulture);

    private readonly SavingFolder _folder = new();

    public SavedPolicyHostTests() => _folder.Clock.Set(Start.AddMinutes(10));

    public void Dispose() => _folder.Dispose();

    private static string Policy(int version, string limit) =>
        $"id: fast\nversion: {version}\neffective: {{running: true}}\nclocks:\n- {{id: resolution, start: created, stop: [ticket.resolved], limit: {{{limit}}}}}\n";

    private PolicyChange Change(LocalHost host, string text, int version) => _folder.Change(host, text, EditKind.Policy, "fast", version);

    [Fact]
    public async Task It_is_judged_by_at_once_and_after_a_start_from_the_journal_and_from_a_snapshot()
    {
        string stood;
        await using (var host = _folder.Open())
        {
            await host.OfferAsync([.. Enumerable.Range(0, 40).Select(Created)], default);
            Assert.True(await host.ChangeAsync(Change(host, Policy(1, "value: 1, unit: minute"), 1), default));
            Assert.All(host.Read(s => s.Rows().Select(r => r.Clocks.Single(c => c.Id == "resolution")).ToList()), c => Assert.Equal(("fast", 1, "breached"), (c.Policy, c.Version, c.State)));
            Assert.True(await host.ChangeAsync(Change(host, Policy(2, "value: 1, unit: week"), 2), default));
            stood = host.Read(SavedDesk.Picture);
        }
        Assert.NotEmpty(_folder.Snapshots);
        await using (var host = _folder.Open()) Assert.Equal(stood, host.Read(SavedDesk.Picture));
        _folder.ForgetSnapshots();
        await using (var host = _folder.Open()) Assert.Equal(stood, host.Read(SavedDesk.Picture));
    }

    [Fact]
    public async Task Of_two_that_follow_the_same_one_the_second_is_refused()
    {
        await using var host = _folder.Open();
        var (one, other) = (Change(host, Policy(1, "value: 1, unit: hour"), 1), Change(host, Policy(1, "value: 2, unit: hour"), 1));
        Assert.Equal((true, false), (await host.ChangeAsync(one, default), await host.ChangeAsync(other, default)));
        Assert.Equal([one.Edit], host.Read(s => s.Edits));
    }

    [Fact]
    public async Task Thousands_follow_by_themselves_while_events_go_on_being_taken()
    {
        const int Tickets = 3 * Shard.SweptPerTurn;
        string stood;
        await using (var host = _folder.Open())
        {
            foreach (var some in Enumerable.Range(0, Tickets).Chunk(400)) await host.OfferAsync([.. some.Select(Created)], default);
            Assert.True(await host.ChangeAsync(Change(host, Policy(1, "value: 1, unit: minute"), 1), default));
            var (refusal, verdicts) = await host.OfferAsync([Created(Tickets)], default);
            Assert.Equal((Refusal.None, Verdict.Accepted), (refusal, verdicts.Single()));
            var deadline = DateTime.UtcNow.AddSeconds(30);
            while (host.Read(s => s.Sweeping) && DateTime.UtcNow < deadline) await Task.Delay(20);
            Assert.Equal(Tickets + 1, host.Read(s => s.Rows().Count(r => r.Clocks.Any(c => c is { Policy: "fast", State: "breached" }))));
            stood = host.Read(SavedDesk.Picture);
        }
        _folder.ForgetSnapshots();
        await using (var host = _folder.Open()) Assert.Equal(stood, host.Read(SavedDesk.Picture));
    }

    [Fact]
    public async Task Stopped_on_the_way_it_is_finished_by_the_next_start()
    {
        const int Tickets = 20 * Shard.SweptPerTurn;
        await using (var host = _folder.Open())
        {
            foreach (var some in Enumerable.Range(0, Tickets).Chunk(500)) await host.OfferAsync([.. some.Select(Created)], default);
            Assert.True(await host.ChangeAsync(Change(host, Policy(1, "value: 1, unit: minute"), 1), default));
        }
        await using (var host = _folder.Open())
        {
            var deadline = DateTime.UtcNow.AddSeconds(30);
            while (host.Read(s => s.Sweeping) && DateTime.UtcNow < deadline) await Task.Delay(20);
            Assert.Equal(Tickets, host.Read(s => s.Rows().Count(r => r.Clocks.Any(c => c is { Policy: "fast", State: "breached" }))));
            Assert.True(host.Read(Recount.Equals));
            // Each was told once, by whichever start.
            Assert.Equal(Tickets, host.Read(s => s.Alerts.All.Count(a => a.Due is { Clock: "resolution", Rule: "clock_breach" })));
        }
    }

    private static Event Created(int number)
    {
        var text = $$$"""{"specversion":"1.0","id":"{{{number}}}","source":"/crm","type":"ticket.created","subject":"ticket/{{{number}}}","time":"2026-03-02T09:00:00Z","data":{"kind":"complaint","channel":"phone"}}""";
        return EventReader.Read(Encoding.UTF8.GetBytes(text)).Event!;
    }
}
