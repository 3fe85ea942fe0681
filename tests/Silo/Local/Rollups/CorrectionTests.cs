using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Silo.Local.Rollups;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Grains.Metrics.Oracle;
using OpsMonitor.Tests.Silo.Local.Journal;
using Xunit;

namespace OpsMonitor.Tests.Silo.Local.Rollups;

/// <summary>A number that was shown and that late data changes is revised in the open: what it was, what it is, because of whom.</summary>
public sealed class CorrectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_late_ticket_revises_its_hour_and_its_day_once_each_and_says_why()
    {
        await using (var host = Open("08:55:00"))
        {
            await Tell(host, "09:10:00", ("09:10:00", "ticket/a", new TicketCreated(TicketKind.Complaint, Channel.Phone)));
            await Tell(host, "09:50:00", ("09:50:00", "contact/c", new ContactInitiated(Channel.Phone, Direction.Inbound)), ("09:50:00", "contact/c", new ContactQueued("q")));
            await Tell(host, "10:01:00", ("10:00:30", "contact/c", new ContactAnswered("anna"))); // counts at nine, and nobody was late
            await Tell(host, "10:01:30", ("09:59:50", "ticket/b", new TicketCreated(TicketKind.Complaint, Channel.Phone))); // a minute's delay is none
            Assert.Empty(All(host));
            await Tell(host, "14:00:00", ("09:30:00", "ticket/late-1", new TicketCreated(TicketKind.Complaint, Channel.Phone)), ("09:31:00", "ticket/late-2", new TicketCreated(TicketKind.Complaint, Channel.Phone)));
            var first = All(host).Single(c => c is { Scope: "all", Step: "hour", Metric: "tickets.created" });
            Assert.Equal(("2", "4", 2L, Story.Ms("09:00:00"), Story.Ms("10:00:00")), (first.Was, first.Now, first.Version, first.Start, first.Until));
            Assert.Equal("""[{"source":"/test","count":2,"latest_id":"n-7"}]""", first.Causes);
            Assert.DoesNotContain(All(host), c => c.Step == "day"); // today is not over
            await Tell(host, "+1 00:10:00", ("09:40:00", "ticket/late-3", new TicketCreated(TicketKind.Complaint, Channel.Phone)));
            Assert.Equal([("2", "4", 2L), ("4", "5", 3L)], All(host).Where(c => c is { Scope: "all", Step: "hour", Metric: "tickets.created" }).Select(c => (c.Was, c.Now, c.Version)));
            Assert.Equal(("4", "5", 2L), All(host).Where(c => c is { Scope: "all", Step: "day", Metric: "tickets.created" }).Select(c => (c.Was, c.Now, c.Version)).Single());
        }
        List<Correction> before;
        await using (var host = Open(null)) before = All(host);
        foreach (var file in Directory.GetFiles(_folder.Path, "*.snapshot")) File.Delete(file);
        await using (var host = Open(null)) Assert.Equal(before, All(host)); // the turns taken again say nothing twice
    }

    [Theory, InlineData(4), InlineData(5), InlineData(6)]
    public async Task What_was_and_what_is_are_the_reports_before_and_after(int seed)
    {
        var (random, checks) = (new Random(seed), 0);
        var events = MetricStreams.Of(random).Where(e => e.At > Story.Ms("+2 00:00:00")).OrderBy(e => e.At).ToList();
        await using var host = Open("00:00:00");
        await Tell(host, "00:00:01", ("00:00:01", "ticket/first", new TicketCreated(TicketKind.Complaint, Channel.Phone)));
        var late = new List<Event>();
        foreach (var e in events)
        {
            if (random.Next(6) == 0) { late.Add(e); continue; }
            SetAtLeast(e.At);
            await host.OfferAsync([e], CancellationToken.None);
            if (late.Count == 0 || e.At < late[^1].At + (3 * Story.Hour) || random.Next(3) > 0) continue;
            var hour = late[^1].At - (late[^1].At % Story.Hour);
            var window = new Window(hour, hour + Story.Hour);
            var (known, was) = (All(host).Select(c => c.Number).DefaultIfEmpty().Max(), Table(host, window));
            await host.OfferAsync([.. late], CancellationToken.None);
            late.Clear();
            var @is = Table(host, window);
            var expected = was.Keys.Union(@is.Keys).Where(k => was.GetValueOrDefault(k) != @is.GetValueOrDefault(k) && !k.StartsWith("fcr.window", StringComparison.Ordinal) && !k.EndsWith("/rate", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).Select(k => $"{k}: {was.GetValueOrDefault(k)} -> {@is.GetValueOrDefault(k)}");
            var found = All(host).Where(c => c.Number > known && c is { Scope: "all", Step: "hour" } && c.Start == hour && !c.Metric.StartsWith("fcr.window", StringComparison.Ordinal) && !c.Metric.EndsWith("/rate", StringComparison.Ordinal));
            Assert.Equal(string.Join('\n', expected), string.Join('\n', found.Select(c => $"{c.Metric}: {c.Was} -> {c.Now}")));
            checks++;
        }
        Assert.True(checks > 1, $"{checks} checks");
    }

    [Fact]
    public void The_ledger_of_corrections_cannot_be_edited()
    {
        using (var file = RollupFile.Open(_folder.Path, static _ => { })) file.Correct([new(0, "all", "hour", 0, 3_600_000, 0, "x", "1", "2", 5, "[]")]);
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={RollupFile.PathIn(_folder.Path)};Pooling=False");
        connection.Open();
        foreach (var sql in (string[])["UPDATE correction SET now = '3'", "DELETE FROM correction"])
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => command.ExecuteNonQuery());
        }
    }

    private int _told;

    private async Task Tell(LocalHost host, string now, params (string At, string Subject, EventData Data)[] events)
    {
        SetAtLeast(Story.Ms(now));
        await host.OfferAsync([.. events.Select(e => Story.Event(Story.Ms(e.At), e.Subject, e.Data, $"n-{++_told}"))], CancellationToken.None);
    }

    private void SetAtLeast(long now) => _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(_clock.NowMs, now)));

    private static SortedDictionary<string, string?> Table(LocalHost host, Window window) => host.Read(s => Numbers.Of(Report.Of(s, "all", window, live: false)));

    private static List<Correction> All(LocalHost host) => [.. host.Rollups!.Corrections(null, Window.Always, 0, int.MaxValue)];

    private LocalHost Open(string? at)
    {
        if (at is not null) _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms(at)));
        return LocalHost.Open(new(_folder.Path, PolicySet.Default) { Rollups = RollupStory.Options }, _clock, static _ => { });
    }
}
