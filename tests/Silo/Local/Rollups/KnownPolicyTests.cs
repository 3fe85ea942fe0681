using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Rollups;

/// <summary>An instant before a saving is judged by the policies of then.</summary>
public sealed class KnownPolicyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();
    private readonly StartState _files = StartState.Read(null, ReferenceData.Empty);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Before_a_policy_was_saved_the_clocks_are_those_of_the_one_before()
    {
        Set("09:00:00");
        await using var host = LocalHost.Open(new(_folder.Path, _files.SetWith([])) { Reread = _files.SetWith, LeaveAfterMs = 0 }, _clock, static _ => { });
        var events = new List<Event>();
        async Task Tell(string at, string subject, EventData data)
        {
            Set(at);
            events.Add(Story.Event(Story.Ms(at), subject, data, $"e-{events.Count}", department: "billing"));
            await host.OfferAsync([events[^1]], default);
        }

        for (var i = 0; i < 6; i++) await Tell($"09:0{i}:00", $"ticket/{i}", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1 + (i % 4)));
        await Tell("09:40:00", "ticket/0", new TicketResolved("ok"));
        await Tell("09:41:00", "ticket/0", new TicketClosed("ok"));
        Set("11:00:00");
        var edit = new PolicyEdit(1, EditKind.Policy, "fast", 1, host.Now, "anna",
            "id: fast\nversion: 1\neffective: {running: true}\nclocks:\n- {id: resolution, start: created, stop: [ticket.resolved], limit: {value: 10, unit: minute}}\n");
        Assert.True(await host.ChangeAsync(new(edit, _files.SetWith([edit])), default));
        await Tell("12:00:00", "ticket/1", new TicketResolved("ok"));
        await Tell("12:01:00", "ticket/1", new TicketClosed("ok"));
        Set("+3 09:00:00");
        await host.OfferAsync([], default);

        foreach (var at in (string[])["09:30:00", "09:45:00", "10:59:00", "11:30:00", "12:30:00", "+2 00:00:00"])
        {
            var ms = Story.Ms(at);
            var replay = new Shard(_files.SetWith(ms < edit.At ? [] : [edit]), new(Backfill: true));
            replay.Step(new(ms, [.. events.Where(e => e.At <= ms)], Replayed: true));
            var window = new Window(Story.Ms("00:00:00"), ms + Story.Minute);
            Assert.Equal($"{at}: {Text(Report.Of(replay, "department/billing", window, live: true))}", $"{at}: {Text(host.Known("department/billing", window, ms, live: true))}");
        }
    }

    private void Set(string time) => _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms(time)));

    private static string Text(SortedDictionary<string, object?> table) => string.Join('\n', System.Text.Encoding.UTF8.GetString(MetricJson.Text(table)).Split(",\""));
}
