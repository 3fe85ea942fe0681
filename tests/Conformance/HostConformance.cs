using System.Text;
using System.Text.Json;
using NodaTime;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Grains.Turns;
using OpsMonitor.Tests.Web.Conversion;
using OpsMonitor.Tests.Web.Policies;
using OpsMonitor.Web.Conversion;
using OpsMonitor.Web.Demo;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Conformance;

/// <summary>A host to be asked the suite's questions.</summary>
public interface ITestedHost : IAsyncDisposable
{
    IOpsHost Host { get; }

    /// <summary>Looks at all deadlines now.</summary>
    Task WakeAsync();
}

/// <summary>A clock that stands where it was put.</summary>
public sealed class StandingClock(long ms) : TimeProvider
{
    public long Ms { get; set; } = ms;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Ms);
}

/// <summary>One suite for every host: the same streams in, the same metrics, alerts and lists out. What is right is said by one shard that is told all.</summary>
public abstract class HostConformance
{
    private const int Clients = 10, EventsPerBatch = 250;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <param name="backfillUntil">Unix ms; null for live, by the clock</param>
    /// <param name="policies">as they stand after savings</param>
    protected abstract Task<ITestedHost> Open(TimeProvider clock, long? backfillUntil, Func<IReadOnlyList<PolicyEdit>, PolicySet> policies);

    private Task<ITestedHost> Open(TimeProvider clock, long? backfillUntil) => Open(clock, backfillUntil, static _ => PolicySet.Default);

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(0, 6)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task A_random_stream_shuffled_and_doubled(int seed)
    {
        var random = new Random(seed);
        await Backfilled(RandomStreams.Of(random), Story.Ms("+20 00:00:00"), seed, clients: 3, batch: 7);
    }

    [Fact]
    public Task Ten_days_of_a_bank() => BackfilledLog("anonymous-bank", "data/anonymous_bank_feb1999.tsv.gz", "1999-02-11T00:00:00Z");

    [Fact]
    public Task A_year_of_incidents() => BackfilledLog("uci-incidents", "data/uci_servicenow_incidents.csv.gz", "2017-03-01T00:00:00Z");

    [Fact]
    public async Task A_day_as_it_happens_with_its_alerts()
    {
        var start = Instant.FromUtc(2026, 3, 2, 0, 0);
        var events = new CallCentre(7, start).Until(start + Duration.FromDays(1)).Select(Canonical).ToList();
        var random = new Random(3);
        // One event in ten is up to two hours late, one in five comes twice.
        var told = events.SelectMany(e => Enumerable.Range(0, random.Next(5) == 0 ? 2 : 1).Select(_ => (At: e.At + (random.Next(10) == 0 ? random.Next(7_200_000) : 0), Event: e))).OrderBy(t => t.At).ToList();
        var clock = new StandingClock(start.ToUnixTimeMilliseconds());
        var right = new Shard(PolicySet.Default, new());
        await using var tested = await Open(clock, null);
        for (var (from, hour) = (0, clock.Ms + 3_600_000); from < told.Count; hour += 3_600_000)
        {
            var batch = told.Skip(from).TakeWhile(t => t.At < hour).Select(t => t.Event).ToList();
            from += batch.Count;
            await Told(tested, Rows, right); // who has not heard of a deadline yet would sleep through the hour
            clock.Ms = hour;
            await tested.WakeAsync();
            foreach (var some in batch.Chunk(EventsPerBatch)) // the same batches: an alert that half the news would raise, and all of it not, is the same too
            {
                var verdicts = right.Step(new(hour, some)).Verdicts;
                Assert.Equal(verdicts, (await tested.Host.OfferAsync(some, default)).Verdicts);
            }
            // People take some of what stands: half an hour for one, a day's shelf for another.
            Event[] deeds = [.. right.Alerts.All.Where(a => a.State == AlertState.Raised && a.Care.Hold == Hold.Open).Where((_, i) => i % 3 == 0).Take(20).Select((a, i) =>
                Story.Event(hour, a.Due.Subject.ToString(), i % 4 == 0 ? new AlertShelved(a.Key.Id, "Li", Story.Iso(hour + 7_200_000), "known") : new AlertAcknowledged(a.Key.Id, "Chen"), $"{hour} {i}", "/people"))];
            Assert.Equal(right.Step(new(hour, deeds)).Verdicts, (await tested.Host.OfferAsync(deeds, default)).Verdicts);
        }
        await Told(tested, Rows, right);
        clock.Ms += 86_400_000;
        right.Step(new(clock.Ms, []));
        await Same(tested, right, alerts: true);
    }

    [Fact]
    public async Task A_survey_stands_in_the_history_of_its_ticket()
    {
        var now = Story.Ms("12:00:00");
        await using var tested = await Open(new StandingClock(now), null);
        var events = new[]
        {
            Story.Event(Story.Ms("11:00:00"), "survey/S", new SurveyResponded(true), "answer"), // before anybody says whom it is about
            Story.Event(Story.Ms("10:00:00"), "survey/S", new SurveySent("ticket/T", "sms"), "sent"),
            Story.Event(Story.Ms("09:00:00"), "ticket/T", new TicketCreated(TicketKind.Complaint, Channel.Phone), "created", department: "billing"),
            Story.Event(Story.Ms("11:30:00"), "survey/C", new SurveyResponded(true, "contact/T"), "of a call"),
        };
        foreach (var e in events.Append(events[1])) await tested.Host.OfferAsync([e], default);
        Assert.Equal(["created", "sent", "answer"], (await tested.Host.HistoryAsync(Subject.Parse("ticket/T"), default))!.Select(e => e.Id));
        var right = new Shard(PolicySet.Default, new());
        right.Step(new(now, events));
        await Same(tested, right, alerts: true);
    }

    [Fact]
    public async Task Saved_policies_and_calendars_hold_for_what_begins_later_and_for_running_clocks_where_they_say_so()
    {
        using var desk = new SavedDesk();
        desk.File("calendars/office.yaml", PolicyDesk.Office).File("policies/p.yaml", SavedStory.Policy(1, 4));
        var clock = new StandingClock(0);
        var right = desk.Shard;
        await using var tested = await Open(clock, null, desk.Start.SetWith);
        foreach (var step in SavedStory.Steps)
        {
            clock.Ms = PolicyDesk.Ms(step.At);
            await tested.WakeAsync();
            if (step.Ticket is { } ticket)
            {
                Event[] one = [desk.Event(step.At, ticket, step.Type, step.Data)];
                Assert.Equal(right.Step(new(clock.Ms, one)).Verdicts, (await tested.Host.OfferAsync(one, default)).Verdicts);
            }
            else
            {
                var edit = desk.EditOf(step.At, step.Data, step.Kind, step.Version);
                var change = new PolicyChange(edit, desk.Start.SetWith([.. right.Edits, edit]));
                right.Step(new(clock.Ms, []) { Change = change });
                while (right.Sweeping) right.Step(new(clock.Ms, []));
                Assert.True(await tested.Host.ChangeAsync(change, default));
                Assert.False(await tested.Host.ChangeAsync(change with { Edit = edit with { By = "rival" } }, default)); // somebody else was first
                Assert.Equal(right.Edits, tested.Host.Read(tally => tally.Edits));
            }
            await Same(tested, right, alerts: true);
        }
        Assert.Equal(SavedStory.End, right.Rows(SubjectKind.Ticket).Select(r => $"{r.Subject.Id} {PolicyDesk.Spell(r.Clocks.Single(c => c.Id == "x"))} v{r.Clocks.Single(c => c.Id == "x").Version}"));
    }

    private async Task BackfilledLog(string converter, string shared, string until)
    {
        using var log = SharedLogs.Open(shared);
        var end = DateTimeOffset.Parse(until, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        var events = Converters.Find(converter)!.Convert(log, DateTimeZone.Utc).Select(e => EventReader.Read(CloudEventWriter.ToUtf8(e)).Event!).Where(e => e.At < end).ToList();
        await Backfilled(events, end, 1, Clients, EventsPerBatch);
    }

    private async Task Backfilled(List<Event> events, long until, int seed, int clients, int batch)
    {
        var right = new Shard(PolicySet.Default, new(Backfill: true));
        right.Step(new(until, events));
        await using var tested = await Open(new StandingClock(until), until);
        var offered = events.Concat(events.Where((_, i) => i % 3 == 0)).ToArray();
        new Random(seed).Shuffle(offered);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(offered.Chunk((offered.Length / clients) + 1).Select(part => Task.Run(async () =>
        {
            foreach (var some in part.Chunk(batch)) Assert.Equal(some.Length, (await tested.Host.OfferAsync(some, default)).Verdicts.Count);
        })));
        TestContext.Current.TestOutputHelper?.WriteLine($"{offered.Length} events by {clients} clients in {watch.Elapsed.TotalSeconds:F1} s");
        await Same(tested, right, alerts: false);
    }

    // A cluster tells its nodes a little later than it acknowledges; what it tells in the end must be the same to the letter.
    private static async Task Same(ITestedHost tested, Shard right, bool alerts)
    {
        var scopes = right.Books.All.Select(b => b.Key).ToList();
        await tested.WakeAsync();
        var expected = Text(right, scopes, alerts);
        var actual = await Told(tested, tally => Text(tally, scopes, alerts), right);
        Assert.Empty(Differences(expected, actual));
        Assert.Equal(expected, actual);
        foreach (var row in right.Rows().Take(3))
            Assert.NotEmpty(await tested.Host.HistoryAsync(row.Subject, default) ?? []);
    }

    private static async Task<string> Told(ITestedHost tested, Func<Tally, string> text, Shard right)
    {
        var (expected, deadline) = (text(right), DateTime.UtcNow + Patience);
        string actual;
        while ((actual = tested.Host.Read(text)) != expected && DateTime.UtcNow < deadline)
        {
            await Task.Delay(200);
            await tested.WakeAsync();
        }
        return actual;
    }

    // Line by line, and of a line only what differs: a report has hundreds of numbers.
    private static IEnumerable<string> Differences(string expected, string actual)
    {
        var (right, found) = (expected.Split('\n'), actual.Split('\n'));
        for (var i = 0; i < right.Length; i++)
        {
            if (i >= found.Length) { yield return $"missing: {right[i]}"; continue; }
            if (right[i] == found[i]) continue;
            var (a, b) = (right[i].Split(",\""), found[i].Split(",\""));
            var parts = a.Zip(b).Where(p => p.First != p.Second).Select(p => $"{p.First} <> {p.Second}").Take(5);
            yield return $"{right[i].Split(' ')[0]}: {string.Join(" | ", parts)}";
        }
        for (var i = right.Length; i < found.Length; i++) yield return $"too much: {found[i]}";
    }

    private static string Text(Tally tally, IReadOnlyList<string> scopes, bool alerts)
    {
        var text = new StringBuilder();
        foreach (var scope in scopes)
        {
            using var bytes = new MemoryStream();
            using (var json = new Utf8JsonWriter(bytes)) MetricJson.Write(json, Report.Of(tally, scope, Window.Always, live: true));
            text.Append(scope).Append(' ').Append(Encoding.UTF8.GetString(bytes.ToArray())).Append('\n');
        }
        text.Append(Rows(tally));
        if (alerts)
            foreach (var a in tally.Alerts.All) text.Append($"{a.Code} {a.Key} {a.Due.Level} {a.Due.RaisedAt} {a.State} {a.NoticedAt} {a.FromLateData} {a.Since} {a.Care}\n");
        return text.ToString();
    }

    private static string Rows(Tally tally) => string.Concat(tally.Rows().Select(row => JsonSerializer.Serialize(row) + "\n"));

    private static Event Canonical(Event e) => EventReader.Read(e.Raw).Event!;
}
