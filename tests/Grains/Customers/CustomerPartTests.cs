using System.Globalization;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using Xunit;

namespace OpsMonitor.Tests.Grains.Customers;

/// <summary>
/// Facts judged by their neighbours, against the whole file at every turn: late, doubled and reordered events, deadlines woken on time or not, saved
/// policies, starts from a snapshot. More streams: <c>OPSMONITOR_STREAMS=20000</c>. A failure prints its seed.
/// </summary>
public sealed class CustomerPartTests
{
    private const int Batches = 20;

    private static int Streams => int.TryParse(Environment.GetEnvironmentVariable("OPSMONITOR_STREAMS"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 800;

    public static TheoryData<int> All() => [.. Enumerable.Range(0, Batches)];

    [Theory(Timeout = 600_000), MemberData(nameof(All))]
    public async Task Judged_by_the_neighbour_it_is_what_the_whole_file_says(int batch)
    {
        await Task.Yield();
        for (var seed = batch; seed < Streams; seed += Batches) new Run(seed).ToTheEnd();
    }

    [Fact]
    public void Rows_leave_and_files_come_to_rest_often_enough_in_these_streams()
    {
        var (left, rested) = (0, 0);
        for (var seed = 0; seed < 60; seed++)
        {
            var run = new Run(seed);
            run.ToTheEnd();
            (left, rested) = (left + run.LeftCount, rested + run.RestedCount);
        }
        Assert.True(left > 200 && rested > 20, $"{left} rows left, {rested} files came to rest");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_customer_that_thousands_share_costs_a_few_neighbours_a_contact_however_long_the_file(bool raises)
    {
        var shard = new Shard(PolicySet.Default with { Rules = raises ? RuleSet.Standard : RuleSet.Off }, new());
        var (random, most) = (new Random(1), 0L);
        for (var i = 0; i < 4_000; i++)
        {
            var (who, at) = ($"contact/{i}", Story.Ms("00:00:00") + (i * 7 * Story.Second));
            Event Say(long after, EventData data) => Story.Event(at + after, who, data, $"{i}-{after}");
            var before = shard.FactsJudged;
            // The last fifth arrives a quarter of an hour late, between those that were in time.
            shard.Step(new(Math.Max(shard.Now, at + (i >= 3_200 && i % 3 == 0 ? 15 * Story.Minute : 0)),
            [
                Say(0, new ContactInitiated(Channel.Phone, random.Next(9) == 0 ? Direction.Outbound : Direction.Inbound, "anonymous")), Say(1, new ContactQueued("q")),
                .. i % 10 == 0 ? (Event[])[Say(Story.Minute, new ContactAbandoned(AbandonStage.Queue))] : [Say(20 * Story.Second, new ContactAnswered("anna")), Say(Story.Minute, new ContactDisconnected(DisconnectedBy.Customer))],
            ]));
            if (i > 500) most = Math.Max(most, shard.FactsJudged - before);
        }
        Assert.InRange(most, 1, 40); // calls whose hour comes among them
        Assert.InRange(shard.FactsJudged, 4_000, 4_000 * 4);
    }

    private sealed class Run
    {
        private readonly Random _random;
        private readonly string _label;
        private readonly List<(long At, Event What)> _arrivals;
        private readonly ShardOptions _options;
        private Shard _shard;

        public Run(int seed)
        {
            (_random, _label) = (new(seed), $"seed {seed}");
            var window = CustomerStreams.Windows[_random.Next(3)];
            _options = new(LeaveAfterMs: _random.Next(4) switch { 0 => long.MaxValue, 1 => 0, 2 => 10 * Story.Minute, _ => Story.Day }, FilesStayMs: _random.Next(3) switch { 0 => 0, 1 => 30 * Story.Hour, _ => ShardOptions.FilesStay });
            _shard = new(PolicySet.Default with { FcrWindowMs = window, FcrPerIssue = _random.Next(3) == 0, Rules = RuleSet.Standard }, _options);
            _arrivals = CustomerStreams.Of(_random, window, _random.Next(2) == 0 ? _random.Next(3, 12) : _random.Next(12, 70));
        }

        public int LeftCount { get; private set; }

        public int RestedCount { get; private set; }

        public void ToTheEnd()
        {
            for (var i = 0; i < _arrivals.Count;)
            {
                var size = Math.Min(1 + _random.Next(_random.Next(8) == 0 ? 30 : 4), _arrivals.Count - i);
                var at = _arrivals[i + size - 1].At;
                while (_shard.NextWake < at && _random.Next(20) > 0) Step(_shard.NextWake, [], null);
                Step(Math.Max(at, _shard.Now), [.. _arrivals.Skip(i).Take(size).Select(a => a.What)], _random.Next(50) == 0 ? i : null);
                i += size;
                LetGo();
                if (_random.Next(30) == 0) Restart();
            }
            Step(_shard.Now + (50 * Story.Day), [], null);
            Assert.True(Recount.Equals(_shard), _label);
        }

        private void Step(long now, Event[] events, int? saving)
        {
            PolicyChange? change = null;
            if (saving is { } n)
            {
                // A file is judged by what was saved when it is next touched: here, in the same turn.
                var policies = _shard.Policies with { FcrWindowMs = CustomerStreams.Windows[_random.Next(3)], FcrPerIssue = _random.Next(2) == 0 };
                change = new(new(_shard.Edits.Count + 1, EditKind.Policy, "fast", _shard.Edits.Count + 1, now, "anna", "x"), policies);
                events = [.. events, .. ((string[])["few", "many"]).Select(c => Story.Event(now, $"contact/{c}-{n}", new ContactInitiated(Channel.Phone, Direction.Outbound, c), $"{c}-{n}"))];
            }
            _shard.Step(new(now, events) { Change = change });
            if (_arrivals.Count < 100 || _random.Next(3) == 0) Compare();
        }

        // The rows of the files alone: nobody has to be recalled. Alerts stay, and some rows with them.
        private void LetGo()
        {
            for (var leavers = _shard.Leavers(10); leavers.Count > 0; leavers = _shard.Leavers(10))
            {
                LeftCount += leavers.Count(static l => l.Subject.Kind == SubjectKind.Other);
                _shard.Leave([.. leavers.Where(static l => l.Subject.Kind == SubjectKind.Other)]);
            }
            var files = _shard.OpenFileCount;
            _shard.Leave([]);
            RestedCount += files - _shard.OpenFileCount;
        }

        private void Restart()
        {
            var again = new Shard(_shard.Policies, _options);
            again.Resume(ShardSnapshot.Read(ShardSnapshot.Write(_shard.Image())), _shard.Policies, asJudged: true);
            _shard = again;
        }

        private void Compare()
        {
            var (counts, alerts) = (new List<string>(), new List<string>());
            foreach (var file in _shard.Image().Judged.Files.Facts().GroupBy(f => f.CustomerRef))
            {
                var facts = file.OrderBy(f => f.InitiatedAt).ThenBy(f => f.Contact).ToList();
                counts.AddRange(WholeFile.Counts(facts, _shard.Policies.FcrWindowMs, _shard.Policies.FcrPerIssue, _shard.Now));
                alerts.AddRange(WholeFile.Alerts(facts, _shard.Policies.Rules, _shard.Now));
            }
            Same("sums", counts, [.. _shard.Contributions().Concat(_shard.RestingContributions()).Where(c => _shard.InFile(c.Who) is not null).Select(c => c.What.ToString()), .. _shard.Revocations().Concat(_shard.RestingParts().SelectMany(p => p.Value.Revocations)).Select(r => r.ToString())]);
            Same("alerts", alerts, [.. _shard.Alerts.All.Where(IsCustomers).Select(a =>
                WholeFile.Line(a.Due.Clock, a.Due.Rule, a.Due.DueAt, a.State == AlertState.Raised, a.Due.EndedAt, a.Due.Finding!.Value.Num))]);
        }

        // Others are over for good.
        private bool IsCustomers(Alert a) => a.State != AlertState.Retracted && RuleSubjects.CustomerOf(a.Due.Subject) is not null
            && (a.State == AlertState.Raised || a.Due.RaisedAt >= _shard.Now - (35 * Story.Day));

        private void Same(string what, List<string> expected, List<string> found)
        {
            expected.Sort(StringComparer.Ordinal);
            found.Sort(StringComparer.Ordinal);
            if (expected.SequenceEqual(found)) return;
            Assert.Fail($"{_label}, {what} at {Story.Iso(_shard.Now)}: missing {string.Join(" | ", Less(expected, found).Take(4))}; too many {string.Join(" | ", Less(found, expected).Take(4))}");
        }

        private static IEnumerable<string> Less(List<string> some, List<string> others)
        {
            var left = others.ToList();
            foreach (var one in some)
                if (!left.Remove(one)) yield return one;
        }
    }
}
