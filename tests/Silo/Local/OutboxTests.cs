using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>Alerts on their way out, over crashes between each two steps: commit, send, mark.</summary>
public sealed class OutboxTests : IDisposable
{
    private const long Overdue = 20 * 60_000; // past the first response's 15 minutes

    private readonly TemporaryFolder _folder = new(), _crashed = new();
    private readonly SetClock _clock = new();

    public void Dispose()
    {
        _folder.Dispose();
        _crashed.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_committed_and_not_sent_is_there_to_send_after_a_crash()
    {
        List<Told> before;
        await using (var host = Open(_folder, new NoTimers()))
        {
            await Offer(host, Ticket("T-1", Overdue));
            before = [.. Take(host).Select(Told.Of)];
            Assert.Equal(host.Read(s => s.Alerts.All.Select(a => (a.Key.Id, a.Code, a.State)).Order().ToList()), before.Select(t => (t.Alert, t.Code, t.State)).Order());
            Assert.NotEmpty(before);
            Crash();
        }
        await using var after = Open(_crashed, _clock);
        Assert.Equal(before, Take(after).Select(Told.Of));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_was_sent_and_not_marked_is_sent_again_after_a_crash_and_shown_once()
    {
        var (wall, sent) = (new HashSet<Told>(), 0);
        await using (var host = Open(_folder, new NoTimers()))
        {
            await Offer(host, Ticket("T-1", Overdue));
            Send(host);
            Send(host); // reported, if not yet written: nothing is sent twice without a crash
            Crash();
        }
        var shown = wall.Count;
        Assert.Equal(sent, shown);
        await using (var after = Open(_crashed, _clock))
        {
            Send(after);
            Assert.Equal((2 * shown, shown), (sent, wall.Count));
        }
        await using var third = Open(_crashed, _clock);
        Assert.Empty(Take(third));

        void Send(LocalHost host)
        {
            var rows = Take(host);
            sent += rows.Count;
            wall.UnionWith(rows.Select(Told.Of));
            host.Outbox!.Sent(rows.Select(r => r.Id), host.Now);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Marks_go_with_the_next_commit()
    {
        await using (var host = Open(_folder, new NoTimers()))
        {
            await Offer(host, Ticket("T-1", Overdue));
            var rows = Take(host);
            host.Outbox!.Sent(rows.Select(r => r.Id), host.Now);
            Assert.Equal(rows.Count, host.OutboxCensus.Pending);
            await Offer(host, Ticket("T-2", 0));
            Assert.Equal((0, rows.Count), (host.OutboxCensus.Pending, host.OutboxCensus.Sent));
            Crash();
        }
        await using var after = Open(_crashed, _clock);
        Assert.Empty(Take(after));
    }

    [Fact(Timeout = 60_000)]
    public async Task Marks_do_not_wait_for_an_event_that_never_comes_and_make_no_frame()
    {
        await using var host = Open(_folder, _clock);
        await Offer(host, [.. Enumerable.Range(0, 1_200).Select(i => Ticket($"T-{i}", Overdue))]);
        var rows = Take(host);
        Assert.True(rows.Count > 512, "more than one commit may mark");
        host.Outbox!.Sent(rows.Select(r => r.Id), host.Now);
        var waited = await Until(() => host.OutboxCensus.Pending == 0);
        Assert.InRange(waited.TotalSeconds, 0.5, 10);
        Assert.Equal(1, host.Verify().Frames);
        Assert.False(host.ReadOnly);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_resolution_is_told_after_its_alert_and_a_row_that_failed_holds_up_its_own_alert_alone()
    {
        await using (var host = Open(_folder, _clock))
        {
            await Offer(host, Ticket("T-1", Overdue), Ticket("T-2", Overdue));
            var raised = Take(host);
            var failed = raised[^1];
            host.Outbox!.Failed(failed.Id, host.Now + 3_600_000);
            host.Outbox.Failed(failed.Id, host.Now + 7_200_000);
            await Offer(host, Responded("T-1"), Responded("T-2"));
            var rows = Take(host);
            Assert.DoesNotContain(rows, r => r.Row.Alert == failed.Row.Alert);
            Assert.Contains(rows, r => r.Row.State == AlertState.Resolved);
            Assert.Equal(rows.OrderBy(r => r.Id), rows);
            await Until(() => host.Outbox.Take(OutboxRow.Web, long.MaxValue, 100).First(r => r.Id == failed.Id).Attempts == 2);
        }
        await using var after = Open(_folder, _clock);
        var held = after.Outbox!.Take(OutboxRow.Web, long.MaxValue, 100).Where(r => !Take(after).Select(n => n.Id).Contains(r.Id)).ToList();
        Assert.Equal([AlertState.Raised, AlertState.Resolved], held.Select(h => h.Row.State));
        Assert.Equal(2, held[0].Attempts);
    }

    [Fact(Timeout = 60_000)]
    public async Task Nothing_is_told_of_a_commit_that_failed()
    {
        var wall = new HashSet<Told>();
        var acknowledged = 0;
        await using (var host = LocalHost.Open(new(_folder.Path, PolicySet.Default) { MaxJournalBytes = 256 * 1024 }, _clock, static _ => { }))
        {
            while ((await host.OfferAsync([.. Enumerable.Range(0, 50).Select(i => Ticket($"T-{acknowledged}-{i}", Overdue))], default)).Refusal == Refusal.None) acknowledged++;
            Assert.True(host.ReadOnly && acknowledged > 0);
            wall.UnionWith(Take(host).Select(Told.Of));
            Assert.Equal(host.Read(s => s.Alerts.All.Count(a => a.State == AlertState.Raised && a.Due.Subject.Id.StartsWith("T-", StringComparison.Ordinal))), wall.Count);
        }
        await using var after = Open(_folder, _clock);
        Assert.Equal(wall.Order(), Take(after).Select(Told.Of).Order());
    }

    [Fact(Timeout = 60_000)]
    public async Task Back_filling_tells_nobody_and_looking_writes_nothing()
    {
        await using (var backfill = LocalHost.Open(new(_folder.Path, PolicySet.Default, BackfillUntil: _clock.NowMs), _clock, static _ => { }))
        {
            await Offer(backfill, Ticket("T-1", Overdue));
            Assert.Equal(default, backfill.OutboxCensus);
        }
        await using (var live = Open(_folder, _clock)) Assert.NotEqual(0, (await Pending(live, Ticket("T-2", Overdue))).Pending);
        var bytes = File.ReadAllBytes(_folder.File("journal.db"));
        await using (var looking = LocalHost.Open(new(_folder.Path, PolicySet.Default) { Frozen = true }, _clock, static _ => { }))
        {
            Assert.Null(looking.Outbox);
            Assert.NotEqual(0, looking.OutboxCensus.Pending);
        }
        Assert.Equal(bytes, File.ReadAllBytes(_folder.File("journal.db")));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_could_not_be_published_stays_to_be_sent()
    {
        await using var host = Open(_folder, _clock);
        await Offer(host, Ticket("T-1", Overdue));
        var pending = Take(host);
        var walls = new WebChannel(new OneMachine(host), NullLogger.Instance);
        walls.Tell(() => false);
        Assert.Equal(pending.Select(p => p.Id), Take(host).Select(p => p.Id));
        walls.Tell(() =>
        {
            Assert.Equal(pending.Count, Take(host).Count); // a crash at this point must find them unsent
            Offer(host, Ticket("T-2", Overdue)).GetAwaiter().GetResult();
            return true;
        });
        Assert.All(Take(host), p => Assert.Equal(2, p.Frame)); // came in while the picture was drawn: the next one's
        Assert.NotEmpty(Take(host));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_boards_take_what_a_crash_left_and_mark_it_once_it_is_published()
    {
        await using (var host = Open(_folder, _clock)) Assert.NotEqual(0, (await Pending(host, Ticket("T-1", Overdue))).Pending);
        await using var again = Open(_folder, _clock);
        Assert.NotEmpty(Take(again));
        using var feed = new BoardFeed(new OneMachine(again), new(ReferenceData.Empty), NullLogger<BoardFeed>.Instance);
        await feed.StartAsync(default);
        await Until(() => again.OutboxCensus.Pending == 0);
        await Pending(again, Ticket("T-2", Overdue));
        await Until(() => again.OutboxCensus.Pending == 0); // and what happens while they run
        await feed.StopAsync(default);
        Assert.True(again.OutboxCensus.Sent > 0);
    }

    /// <summary>What a receiver knows a message by.</summary>
    private sealed record Told(string Alert, string Code, AlertState State, long At) : IComparable<Told>
    {
        public static Told Of(OutboxEntry entry) => new(entry.Row.Alert, entry.Row.Code, entry.Row.State, entry.Row.At);

        public int CompareTo(Told? other) => string.CompareOrdinal(ToString(), other?.ToString());
    }

    /// <summary>No timer of the host ever fires: so the second in which marks wait for a commit lasts as long as a test needs.</summary>
    private sealed class NoTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

        private sealed class Never : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() { }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }

    /// <summary>What the disk has at this moment, as a process that died now would leave it.</summary>
    private void Crash()
    {
        foreach (var name in (string[])["journal.db", "journal.db-wal", "journal.mark"]) File.Copy(_folder.File(name), _crashed.File(name));
    }

    private static LocalHost Open(TemporaryFolder folder, TimeProvider clock) => LocalHost.Open(new(folder.Path, PolicySet.Default), clock, static _ => { });

    private static IReadOnlyList<OutboxEntry> Take(LocalHost host) => host.Outbox!.Take(OutboxRow.Web, host.Now, 100_000);

    private static async Task<OutboxCensus> Pending(LocalHost host, Event e)
    {
        await Offer(host, e);
        return host.OutboxCensus;
    }

    private static async Task<TimeSpan> Until(Func<bool> done)
    {
        var watch = Stopwatch.StartNew();
        for (; !done(); await Task.Delay(20)) Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
        return watch.Elapsed;
    }

    private static async Task Offer(LocalHost host, params Event[] events)
    {
        var (refusal, verdicts) = await host.OfferAsync(events, default);
        Assert.Equal(Refusal.None, refusal);
        Assert.All(verdicts, v => Assert.Equal(Verdict.Accepted, v));
    }

    private Event Ticket(string id, long ageMs) =>
        Event(id, "ticket.created", ageMs, """{"kind":"complaint","channel":"phone","department_id":"billing","priority":1}""");

    private Event Responded(string id) => Event(id, "ticket.contacted", 0, """{"method":"phone","outcome":"reached"}""");

    private Event Event(string id, string type, long ageMs, string data)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(_clock.NowMs - ageMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var json = $$"""{"specversion":"1.0","id":"{{type}}-{{id}}","source":"test","type":"{{type}}","time":"{{time}}","subject":"ticket/{{id}}","data":{{data}}}""";
        var read = EventReader.Read(Encoding.UTF8.GetBytes(json));
        return read.Event ?? throw new InvalidOperationException(read.Error?.ToString());
    }
}
