using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Web.Metrics;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Rollups;

/// <summary>An instant before a saving is judged by the policies of then.</summary>
public sealed class KnownPolicyTests : IDisposable
{
    private readonly SavingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Before_a_policy_was_saved_the_clocks_are_those_of_the_one_before()
    {
        _folder.At("09:00:00");
        await using var host = _folder.Open(leaveAfterMs: 0);
        var events = new List<Event>();
        async Task Tell(string at, string subject, EventData data)
        {
            _folder.At(at);
            events.Add(Story.Event(Story.Ms(at), subject, data, $"e-{events.Count}", department: "billing"));
            await host.OfferAsync([events[^1]], default);
        }

        for (var i = 0; i < 6; i++) await Tell($"09:0{i}:00", $"ticket/{i}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1 + (i % 4)));
        await Tell("09:40:00", "ticket/0", new TicketResolved("ok"));
        await Tell("09:41:00", "ticket/0", new TicketClosed("ok"));
        _folder.At("11:00:00");
        var change = _folder.Change(host, "id: fast\nversion: 1\neffective: {running: true}\nclocks:\n- {id: resolution, start: created, stop: [ticket.resolved], limit: {value: 10, unit: minute}}\n", EditKind.Policy, "fast");
        var edit = change.Edit;
        Assert.True(await host.ChangeAsync(change, default));
        await Tell("12:00:00", "ticket/1", new TicketResolved("ok"));
        await Tell("12:01:00", "ticket/1", new TicketClosed("ok"));
        _folder.At("+3 09:00:00");
        await host.OfferAsync([], default);

        foreach (var at in (string[])["09:30:00", "09:45:00", "10:59:00", "11:30:00", "12:30:00", "+2 00:00:00"])
        {
            var ms = Story.Ms(at);
            var replay = new Shard(_folder.PoliciesWith(ms < edit.At ? [] : [edit]), new(Backfill: true));
            replay.Step(new(ms, [.. events.Where(e => e.At <= ms)], Replayed: true));
            var window = new Window(Story.Ms("00:00:00"), ms + Story.Minute);
            Assert.Equal($"{at}: {Text(Report.Of(replay, "department/billing", window, live: true))}", $"{at}: {Text(host.Known("department/billing", window, ms, live: true))}");
        }
    }

    private static string Text(SortedDictionary<string, object?> table) => string.Join('\n', System.Text.Encoding.UTF8.GetString(MetricJson.Text(table)).Split(",\""));
}
