using System.Globalization;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Surveys;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Grains.Turns;

/// <summary>
/// Two shards take the same turns: one keeps everything in memory, of the other all that is over leaves. Late, doubled and reordered events, some
/// long after their subject left, saved policies, starts from a snapshot and from the journal: numbers, rows and alerts are the same. More streams: <c>OPSMONITOR_STREAMS=2000</c>. A failure
/// prints its seed.
/// </summary>
public sealed class LeavingTests
{
    private static int Streams => int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_STREAMS"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 100;

    private static readonly StartState Files = StartState.Read(null, ReferenceData.Empty);

    public static TheoryData<int> Batches() => [.. Enumerable.Range(0, 10)];

    [Theory, MemberData(nameof(Batches))]
    public void Who_left_memory_changes_no_number_no_row_and_no_alert(int batch)
    {
        for (var seed = batch * Streams / 10; seed < (batch + 1) * Streams / 10; seed++)
        {
            var random = new Random(seed);
            var twins = new Twins(random, $"seed {seed}");
            var arrivals = new List<(long At, Event What)>();
            foreach (var e in RandomStreams.Of(random).Concat(Surveys(random)).Concat(Customers(random)))
                for (var copies = random.Next(4) == 0 ? 2 : 1; copies > 0; copies--)
                    arrivals.Add((e.At + (random.Next(4) switch { 0 => 0, 1 => -random.NextInt64(4 * Story.Minute), 2 => random.NextInt64(Story.Hour), _ => random.NextInt64(9 * Story.Day) }), e));
            arrivals.Sort((a, b) => a.At != b.At ? a.At.CompareTo(b.At) : a.What.CompareTo(b.What));
            for (var i = 0; i < arrivals.Count;)
            {
                var size = Math.Min(1 + random.Next(3), arrivals.Count - i);
                twins.Live(arrivals[i + size - 1].At, [.. arrivals.Skip(i).Take(size).Select(a => a.What)]);
                i += size;
            }
            twins.Live(Story.Ms("+75 00:00:00"), []);
            twins.Compare();
            Assert.True(twins.LeftEver || seed % 20 != 0, "nobody ever left: the test tests nothing");
        }
    }

    [Fact]
    public void It_is_exercised_often()
    {
        var (rows, alerts, customers, rested, opened, files) = (0, 0, 0, 0, 0, 0);
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var twins = new Twins(random, $"seed {seed}");
            foreach (var e in RandomStreams.Of(random).Concat(Customers(random)).Order()) twins.Live(e.At + random.NextInt64(9 * Story.Day), [e]);
            (rows, alerts, customers) = (rows + twins.CameBack, alerts + twins.AlertsCameBack, customers + twins.CustomersAlertsCameBack);
            (rested, opened, files) = (rested + twins.DaysRested, opened + twins.DaysOpened, files + twins.FilesOpened);
        }
        Assert.True(rested > 20 && opened > 20 && files > 20, $"{rested} days of agents came to rest, {opened} were opened, {files} customers' files were opened");
        Assert.True(rows > 20 && alerts > 20 && customers > 5, $"{rows} subjects, {alerts} alerts of theirs and {customers} of customers came back");
    }

    private static IEnumerable<Event> Surveys(Random random)
    {
        for (var i = 0; i < 6; i++)
        {
            var at = Story.Ms("00:00:00") + random.NextInt64(RandomStreams.Days * Story.Day);
            var target = random.Next(3) == 0 ? null : $"ticket/{random.Next(3)}";
            EventData data = random.Next(3) switch
            {
                0 => new SurveySent(target ?? "ticket/0", "sms"), 1 => new SurveyResponded(true, target, Resolved: SurveyResolved.Yes), _ => new SurveyExcluded("no number", target),
            };
            yield return Story.Event(at, $"survey/{random.Next(2)}", data, $"s-{i}");
        }
    }

    // Complaints and missed calls of two customers; weeks later, when all of it has left memory, some is heard of again.
    private static IEnumerable<Event> Customers(Random random)
    {
        for (var i = 0; i < 8; i++)
        {
            var at = Story.Ms("00:00:00") + random.NextInt64(RandomStreams.Days * Story.Day);
            var (ticket, call, customer) = ($"ticket/C-{random.Next(4)}", $"contact/C-{random.Next(4)}", $"customer-{random.Next(2)}");
            yield return Story.Event(at, ticket, new TicketCreated(TicketKind.Complaint, Channel.Phone, CustomerRef: customer, Priority: 2), $"c-{i}", department: "billing");
            yield return Story.Event(at + random.NextInt64(Story.Day), ticket, new TicketClosed("done"), $"cc-{i}");
            yield return Story.Event(at, call, new ContactInitiated(Channel.Phone, Direction.Inbound, customer), $"i-{i}", department: "billing");
            yield return Story.Event(at + random.NextInt64(Story.Hour), call, new ContactAbandoned(AbandonStage.Queue), $"a-{i}");
            var later = Story.Ms("+20 00:00:00") + random.NextInt64(40 * Story.Day);
            if (random.Next(2) == 0) yield return Story.Event(later, ticket, new TicketReopened("again"), $"r-{i}");
            if (random.Next(2) == 0) yield return Story.Event(later + random.NextInt64(3 * Story.Day), ticket, new TicketClosed("done"), $"rc-{i}");
            if (random.Next(3) == 0) yield return Story.Event(later, call, new ContactWrapupCompleted("anna", 9m, Resolved: true), $"w-{i}");
            if (random.Next(4) == 0) yield return Story.Event(later, ticket, new TicketCreated(TicketKind.Complaint, Channel.Phone, CustomerRef: customer, Priority: 2), $"again-{i}", department: "network");
        }
    }

    private sealed class Twins(Random random, string label)
    {
        private readonly long _stay = random.Next(3) switch { 0 => 0, 1 => Story.Day, _ => AlertBook.StaysMs };
        private readonly SortedDictionary<AlertKey, SortedDictionary<int, byte[]>> _keptAlerts = []; // by the frames that they follow from
        private readonly long _filesStay = random.Next(3) switch { 0 => 0, 1 => 2 * Story.Day, _ => ShardOptions.FilesStay };
        private readonly long _after = random.Next(3) switch { 0 => 0, 1 => 10 * Story.Minute, _ => 5 * Story.Hour };
        private readonly List<(long Now, IReadOnlyList<Event> Events, PolicyChange? Saved)> _frames = [];
        private readonly SortedDictionary<Subject, byte[]> _kept = []; // what the disk has
        private readonly Shard _plain = new(Files.SetWith([]), new());
        private Shard _leaving = null!;
        private int _turns;

        public bool LeftEver { get; private set; }

        public int CameBack { get; private set; }

        public int AlertsCameBack { get; private set; }

        public int CustomersAlertsCameBack { get; private set; }

        public int DaysRested { get; private set; }

        public int DaysOpened { get; private set; }

        public int FilesOpened { get; private set; }

        public void Live(long at, Event[] events)
        {
            _leaving ??= Fresh();
            while (_plain.NextWake < at || _plain.Sweeping) // the simulator wakes on time; a sleeping host takes both in one turn
                if (_plain.Sweeping || random.Next(3) > 0) Turn(_plain.Sweeping ? _plain.Now : _plain.NextWake, [], null); else break;
            Turn(at, events, random.Next(25) == 0 ? Saving(Math.Max(at, _plain.Now)) : null);
            if (random.Next(3) == 0) LetGo(_leaving, _frames.Count);
            if (++_turns % 8 == 0) Compare();
            if (random.Next(12) == 0 && !_plain.Sweeping) Restart();
        }

        public void Compare()
        {
            var away = _keptAlerts.Where(k => _leaving.Alerts.Find(k.Key) is null).Select(k => AlertBytes.Read(k.Value.Last().Value)).ToList();
            Assert.Equal(away.Count, _leaving.Alerts.AwayCount);
            Assert.True(_leaving.Alerts.Standing.SequenceEqual(_leaving.Alerts.All.Where(a => a.State == AlertState.Raised)), $"{label}: what stands");
            var news = _leaving.Now - Story.Day;
            Assert.True(_leaving.Alerts.NewsSince(news).OrderBy(a => a.Key).SequenceEqual(_leaving.Alerts.All.Where(a => Math.Max(a.ChangedAt, a.Due.RaisedAt) >= news)), $"{label}: what is new");
            var (plain, leaving) = (Picture(_plain, [], []).Split('\n'), Picture(_leaving, _kept, away).Split('\n'));
            foreach (var (a, b) in plain.Zip(leaving))
                if (a != b) Assert.Fail($"{label}\n{a}\n{b}\nnow {_plain.Now}");
            Assert.Equal(plain.Length, leaving.Length);
        }

        private Shard Fresh() => new(Files.SetWith([]), new(LeaveAfterMs: _after, AlertsStayMs: _stay, FilesStayMs: _filesStay));

        private void Turn(long now, Event[] events, PolicyChange? saved)
        {
            var hashes = EventHash.Of(events);
            var recalled = Recall.For(_leaving, events, hashes, subjects => Read(subjects, _frames.Count));
            CameBack += recalled.Count(r => r.Events.Count > 0);
            foreach (var alert in recalled.SelectMany(r => r.Alerts))
                if (_leaving.Alerts.Find(alert.Key) is null && alert.Due.Subject.Kind == SubjectKind.Rule) CustomersAlertsCameBack++; else AlertsCameBack++;
            var a = _plain.Step(new(now, events) { Hashes = hashes, Change = saved });
            var (days, files) = (_leaving.AgentCounts.Days, _leaving.OpenFileCount);
            var b = _leaving.Step(new(now, events) { Hashes = hashes, Change = saved, Recalled = recalled });
            (DaysOpened, FilesOpened) = (DaysOpened + days - _leaving.AgentCounts.Days, FilesOpened + _leaving.OpenFileCount - files);
            Assert.Equal(a.Verdicts, b.Verdicts);
            Assert.Equal(Told(a), Told(b));
            Assert.Equal((a.MustCommit, a.NextWake), (b.MustCommit, b.NextWake));
            if (a.MustCommit) _frames.Add((_plain.Now, a.Commit, saved));
        }

        private void LetGo(Shard shard, int frames)
        {
            var alerts = shard.AlertLeavers(1 + random.Next(5));
            foreach (var alert in alerts)
            {
                if (!_keptAlerts.TryGetValue(alert.Key, out var lines)) _keptAlerts[alert.Key] = lines = [];
                lines[frames] = AlertBytes.Write(alert);
            }
            shard.LeaveAlerts(alerts);
            var leavers = shard.Leavers(1 + random.Next(5));
            foreach (var leaver in leavers)
                if (leaver.Evaluation is { } evaluation) _kept[leaver.Subject] = EvaluationBytes.Write(evaluation);
            var days = shard.AgentCounts.Days;
            shard.Leave(leavers);
            DaysRested += shard.AgentCounts.Days - days;
            LeftEver |= leavers.Count > 0;
            foreach (var leaver in leavers)
                Assert.DoesNotContain(shard.Alerts.Of(leaver.Subject), a => a.State == AlertState.Raised);
        }

        private void Restart()
        {
            var again = Fresh();
            if (random.Next(2) == 0)
                again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(_leaving.Image())), Files.SetWith(_leaving.Edits), asJudged: true);
            else
                for (var i = 0; i < _frames.Count; i++)
                {
                    var (now, events, saved) = _frames[i];
                    again.Step(new(now, events, Replayed: true) { Change = saved, Recalled = Recall.For(again, events, null, subjects => Read(subjects, i)) });
                    if (random.Next(3) == 0) LetGo(again, i + 1);
                }
            again.Step(new(_plain.Now, []));
            _leaving = again;
            Compare();
        }

        private List<Recalled> Read(IReadOnlyCollection<Subject> subjects, int frames)
        {
            var before = _frames.Take(frames).SelectMany(f => f.Events).ToList();
            return [.. subjects.Select(s =>
            {
                var own = before.Where(e => e.Subject == s || SurveyLinks.TicketOf(e) == s).ToList();
                var surveys = own.Select(e => e.Subject).Where(w => w != s).ToHashSet();
                return new Recalled(s, [.. own.Concat(before.Where(e => surveys.Contains(e.Subject) && SurveyLinks.NamesNothing(e))).Order()])
                {
                    Alerts = [.. _keptAlerts.Where(k => Shard.AnchorOf(k.Key) == s && k.Value.Keys.First() <= frames).Select(k => AlertBytes.Read(k.Value.Last(l => l.Key <= frames).Value))],
                };
            })];
        }

        private PolicyChange Saving(long now)
        {
            var text = $"id: fast\nversion: {_plain.Edits.Count + 1}\neffective: {{running: true}}\nclocks:\n- {{id: resolution, start: created, stop: [ticket.resolved], limit: {{value: {1 + random.Next(50)}, unit: hour}}}}\n";
            var edit = new PolicyEdit(_plain.Edits.Count + 1, EditKind.Policy, "fast", _plain.Edits.Count + 1, now, "anna", text);
            return new(edit, Files.SetWith([.. _plain.Edits, edit]));
        }
    }

    // As a set: in which order one subject's alerts change in a turn is not said.
    private static string Told(TurnEffects effects) => string.Join('\n', effects.Alerts.Select(a => a.ToString()).Order(StringComparer.Ordinal));

    private static string Picture(Shard shard, SortedDictionary<Subject, byte[]> kept, List<Alert> alertsAway)
    {
        var keptParts = kept.Where(k => k.Key.Kind == SubjectKind.Other && !shard.Has(k.Key)).SelectMany(k => EvaluationBytes.Read(k.Value).Contributions.Select(c => $"{k.Key} {c}"));
        var anew = shard.RestingParts().SelectMany(p => p.Value.Contributions.Select(c => $"{p.Key} {c}"));
        Assert.Equal(anew.Order(StringComparer.Ordinal), keptParts.Order(StringComparer.Ordinal)); // what lists read, and what the sums are told
        kept = new(kept.Where(k => k.Key.Kind != SubjectKind.Other).ToDictionary());
        var away = kept.Where(k => !shard.Has(k.Key)).Select(k => EvaluationBytes.Read(k.Value)).ToList();
        var rows = shard.Rows().Concat(away.Select(e => e.Row!)).OrderBy(r => r.Subject).Select(r =>
            $"{r with { Clocks = [], Anomalies = [] }} {string.Join(';', r.Clocks)} {string.Join(';', r.Anomalies)}");
        var parts = shard.Contributions().Concat(shard.RestingContributions()).Select(c => $"{c.Who} {c.What}")
            .Concat(kept.Where(k => !shard.Has(k.Key)).SelectMany(k => EvaluationBytes.Read(k.Value).Contributions.Select(c => $"{k.Key} {c}"))).Order(StringComparer.Ordinal);
        var sums = shard.Books.All.SelectMany(b => Sums(b.Key, b.Value));
        return string.Join('\n', rows.Concat(parts).Concat(sums).Concat(shard.Alerts.All.Concat(alertsAway).OrderBy(a => a.Key).Select(a => a.ToString())).Append($"{shard.EventCount} {shard.LastEventAt}"));
    }

    private static IEnumerable<string> Sums(string scope, Ledger ledger) => ledger.Over(Window.Always) is var sums
        ? sums.Points.Where(p => p.Value != 0).Select(p => $"{scope} {p.Key} {p.Value}")
            .Concat(sums.Samples.Where(s => s.Value.Count > 0).Select(s => $"{scope} {s.Key} {string.Join(',', s.Value)}"))
            .Concat(ledger.MemberKeys.Where(k => ledger.Members(k).Count > 0).Select(k => $"{scope} {k} {string.Join(',', ledger.Members(k))}"))
        : [];
}
