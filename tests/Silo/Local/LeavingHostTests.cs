using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Demo;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>On the machine: what is over leaves memory for <c>history.db</c> and is found there again, by lists, by late events, after any kind of start.</summary>
public sealed class LeavingHostTests : IDisposable
{
    private const int Hours = 12;
    private static readonly Instant Start = Instant.FromUtc(2026, 3, 2, 0, 0);

    private readonly TemporaryFolder _folder = new(), _other = new();
    private readonly SetClock _clock = new();
    private readonly List<string> _said = [];

    public void Dispose()
    {
        _folder.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Who_left_is_as_if_it_had_stayed_for_late_news_and_after_every_kind_of_start()
    {
        var events = new CallCentre(3, Start).Until(Start + Duration.FromHours(Hours)).Select(e => EventReader.Read(e.Raw).Event!).OrderBy(e => e.At).ToList();
        var late = new List<Event>();
        await using (var host = Open(_folder, leaving: true))
        await using (var plain = Open(_other, leaving: false))
        {
            foreach (var batch in events.Chunk(200)) await Both(batch[^1].At + 1_000, batch, host, plain);
            await Both(_clock.NowMs + (9 * Story.Day), [], host, plain); // all that was promised is due
            await Both(_clock.NowMs + Story.Hour, [], host, plain); // and nobody was heard of since
            await UntilManyLeft(host);
            Assert.Equal(Picture(plain), Picture(host));
            for (var i = 0; i < 40; i++) // frames enough for a replay to let go before the late news comes
                await Both(_clock.NowMs, [Story.Event(_clock.NowMs, $"ticket/new-{i}", new TicketCreated(TicketKind.Inquiry, Channel.Web), $"new-{i}")], host, plain);

            var over = plain.Read(s => s.Rows(SubjectKind.Ticket).Where(r => r.EndedAt is not null).Select(r => r.Subject).ToList());
            over.RemoveAll(who => host.Read(s => s.Has(who))); // a promise kept ahead of time counts at its due instant: until then one stays
            Assert.True(over.Count > 3);
            late.AddRange(over.Take(3).Select((who, i) => Story.Event(_clock.NowMs - 1_000, who.ToString(), new TicketReopened("again"), $"late-{i}")));
            late.Add(Story.Event(plain.Read(s => s.Find(over[3])!.EndedAt!.Value - 60_000), over[3].ToString(), new TicketReplied("mail"), "late-older"));
            late.Add(Story.Event(_clock.NowMs - 500, "survey/S", new SurveyResponded(true, over[3].ToString(), Resolved: SurveyResolved.No), "late-survey"));
            await Both(_clock.NowMs, [.. late], host, plain);
            await Both(_clock.NowMs, [.. events.Take(300)], host, plain); // repeats bring nobody back
            Assert.All(over.Take(4), who => Assert.True(host.Read(s => s.Has(who))));
            Assert.Equal(Picture(plain), Picture(host));
        }
        await AfterAStart("snapshot and tail", "0 turns after the newest snapshot");
        foreach (var file in Directory.GetFiles(_folder.Path, "*.snapshot")) File.Delete(file);
        await AfterAStart("journal alone", "turns after the newest snapshot");
        foreach (var file in Directory.GetFiles(_folder.Path, "history.db*")) File.Delete(file);
        await AfterAStart("no history.db", "the rows of those who left memory are gone");
    }

    // Sums are compared with those of the host from which nobody left, so that a fault in taking off shows.
    private async Task AfterAStart(string how, string said)
    {
        _said.Clear();
        string expected;
        await using (var plain = Open(_other, leaving: false)) expected = Picture(plain);
        await using var host = Open(_folder, leaving: true);
        Assert.True(host.Read(s => s.LeftCount) > 20, how);
        Assert.Equal($"{how}\n{expected}", $"{how}\n{Picture(host)}");
        Assert.Contains(_said, line => line.Contains(said, StringComparison.Ordinal));
    }

    private async Task Both(long now, Event[] batch, params LocalHost[] hosts)
    {
        _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(now, _clock.NowMs)));
        foreach (var host in hosts)
        {
            await host.OfferAsync(batch, CancellationToken.None);
            foreach (var late in (Event[][])[[], []]) await host.OfferAsync(late, CancellationToken.None); // nobody leaves without a turn
        }
    }

    private static async Task UntilManyLeft(LocalHost host)
    {
        for (var i = 0; i < 200; i++)
        {
            var left = host.Read(s => s.LeftCount);
            await host.OfferAsync([], CancellationToken.None);
            await Task.Delay(20);
            if (left > 0 && i > 5 && host.Read(s => s.LeftCount) == left) return;
        }
        Assert.Fail("they go on leaving");
    }

    private LocalHost Open(TemporaryFolder folder, bool leaving)
    {
        if (_clock.NowMs > (Start + Duration.FromDays(60)).ToUnixTimeMilliseconds()) _clock.Set(Start.ToDateTimeOffset());
        return LocalHost.Open(new(folder.Path, PolicySet.Default) { LeaveAfterMs = leaving ? 10 * 60_000 : null }, _clock, s => { lock (_said) _said.Add(s); });
    }

    private static string Picture(LocalHost host)
    {
        var (rows, sums) = host.Read(s => (s.Rows().ToList(), s.Books.All.SelectMany(b => Sums(b.Key, b.Value)).ToList()));
        var kept = new[] { SubjectKind.Contact, SubjectKind.Ticket, SubjectKind.Callback }.SelectMany(kind => host.Kept!.Rows(new(kind, null, int.MaxValue))).Where(r => !host.Read(s => s.Has(r.Subject)));
        return string.Join('\n', rows.Concat(kept).OrderBy(r => r.Subject)
            .Select(r => $"{r with { Clocks = [], Anomalies = [] }} {string.Join(';', r.Clocks)} {string.Join(';', r.Anomalies)}").Concat(sums));
    }

    private static IEnumerable<string> Sums(string scope, Ledger ledger) => ledger.Over(Window.Always) is var sums
        ? sums.Points.Where(p => p.Value != 0).Select(p => $"{scope} {p.Key} {p.Value}").Concat(sums.Samples.Where(s => s.Value.Count > 0).Select(s => $"{scope} {s.Key} {string.Join(',', s.Value)}"))
        : [];
}
