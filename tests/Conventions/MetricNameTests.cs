using System.Text.RegularExpressions;
using NodaTime;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Grains.Tickets;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Grains.Metrics.Oracle;
using OpsMonitor.Tests.Silo.Local;
using OpsMonitor.Web.Demo;
using OpsMonitor.Web.Serve;
using Xunit;

namespace OpsMonitor.Tests.Conventions;

/// <summary>No number, formula, rule or setting that people see has a name for programs only.</summary>
public sealed partial class MetricNameTests
{
    // What the wall's numbers are called over their lists; no answer of /api/v1/metrics has them.
    private static readonly string[] OfTheWall = ["m.sla.breached_open", "m.sla.due_cohort", "m.work.waiting"];

    // Lists that end: each of their words is ours. What stands in the others (an agent, an issue, a house's own promise) is the house's.
    private static readonly string[] Closed = ["state", "refusal", "exit", "percentile", "mode", "explain", "band", "redress"];

    private static readonly List<MetricWords> Languages = [.. MetricWords.Languages.Select(MetricWords.Of)];

    private static readonly Lazy<Dictionary<string, SortedSet<string>>> Seen = new(Look);

    [Fact]
    public void Every_number_has_a_name_in_three_languages_and_every_name_its_number()
    {
        var paths = Seen.Value.Values.SelectMany(p => p).ToHashSet(StringComparer.Ordinal);
        Assert.True(paths.Count > 190, $"{paths.Count} numbers");
        foreach (var words in Languages)
        {
            Assert.DoesNotContain(paths, p => words.Name(p) is null);
            Assert.Empty(words.All.Keys.Where(k => k.StartsWith("m.", StringComparison.Ordinal)).Except(paths.Select(p => words.Find(p)!.Value.Key)).Except(OfTheWall));
            var parts = paths.SelectMany(p => words.Find(p)!.Value.Parts).Distinct().Where(p => Closed.Contains(p.List)).ToList();
            Assert.Equal(Closed.Order(), parts.Select(p => p.List).Distinct().Order());
            Assert.Empty(parts.Select(p => $"{p.List}.{p.Value}").Except(words.All.Keys));
        }
    }

    [Fact]
    public void No_two_numbers_of_a_scope_have_the_same_name()
    {
        foreach (var words in Languages)
            foreach (var (scope, paths) in Seen.Value)
                Assert.Empty(paths.GroupBy(words.Name).Where(g => g.Count() > 1).Select(g => $"{scope}: {g.Key}: {string.Join(" ", g)}"));
    }

    [Fact]
    public void A_name_has_the_places_of_its_path_and_no_word_has_other_places_than_in_english()
    {
        foreach (var words in Languages)
        {
            Assert.Empty(words.All.Where(w => w.Key.StartsWith("m.", StringComparison.Ordinal) && !MetricWords.Places(w.Key).Order().SequenceEqual(MetricWords.Places(w.Value).Order())).Select(w => w.Key));
            Assert.Empty(words.All.Where(w => w.Key.StartsWith("f.", StringComparison.Ordinal) && MetricWords.Places(w.Value).Except(MetricWords.Places(w.Key)).Any()).Select(w => w.Key));
            Assert.Empty(words.All.Where(w => !MetricWords.Places(w.Value).Distinct().Order().SequenceEqual(MetricWords.Places(Languages[0].All[w.Key]).Distinct().Order())).Select(w => w.Key));
        }
    }

    [Fact]
    public void Every_formula_is_told_in_three_languages()
    {
        var told = FormulaNames.Metrics.Select(m => m.StartsWith("service_level/", StringComparison.Ordinal) ? $"f.{m}/{{s}}" : $"f.{m}").Append("f.sla.{promise}.attainment").ToList();
        foreach (var words in Languages) Assert.Empty(told.Except(words.All.Keys));
    }

    [Fact]
    public void Every_word_of_a_closed_list_is_there_whether_or_not_it_has_happened()
    {
        string[] wanted =
        [
            .. Enum.GetValues<AgentState>().Select(s => $"state.{Words.Of(s)}"), .. Enum.GetValues<DequeueReason>().Select(r => $"exit.{Words.Of(r)}"),
            .. Enum.GetValues<RefusalReason>().Select(r => $"refusal.{Words.Of(r)}"), .. Enum.GetValues<RedressKind>().Select(k => $"redress.{Words.Of(k)}"),
            .. Enum.GetValues<TimeHolder>().Select(h => $"explain.{Words.Of(h)}"), .. CareTable.Bands.Select(b => $"band.{b.Name}"), .. Formulas.ServiceLevelModes.Select(m => $"mode.{m}"),
            .. RuleCatalog.All.Select(r => $"rule.{Words.Of(r.Id)}"), .. RuleCatalog.All.SelectMany(r => r.Settings).Select(s => $"setting.{Words.Of(s.Number)}"),
            .. RuleCatalog.All.Select(r => r.WordsKey).OfType<string>().Select(k => $"setting.{k}"), .. RuleCatalog.Levels.Select(l => $"role.{l}"),
            .. RuleCatalog.All.Where(r => r.WordsKey is not (null or "adjudicator")).SelectMany(r => r.Words.Select(w => $"{r.WordsKey}.{w}")),
            .. PromisesOfThePacks().Select(p => $"promise.{p}"),
        ];
        foreach (var words in Languages)
        {
            Assert.Empty(wanted.Except(words.All.Keys));
            Assert.Empty(words.All.Where(w => w.Key.StartsWith("promise.", StringComparison.Ordinal)).GroupBy(w => w.Value).Where(g => g.Count() > 1).Select(g => g.Key)); // else two numbers were called the same
        }
    }

    // A scope's paths, of a house in which everything has happened: nothing, random companies, hours of the demo, and what neither of them does.
    private static Dictionary<string, SortedSet<string>> Look()
    {
        var seen = new Dictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        Add(seen, Story.Of().Tick("09:00:00").Shard);
        for (var seed = 0; seed < 40; seed++)
        {
            var (events, shard) = (MetricStreams.Of(new Random(seed)), new Shard(PolicySet.Default, new(Backfill: true)));
            shard.Step(new(events.Max(e => e.At) + Story.Hour, [.. events]));
            Add(seen, shard);
        }
        var (from, clock, demo) = (Instant.FromUtc(2026, 3, 2, 6, 0), new SetClock(), new Shard(PolicySet.Default, new(false)));
        clock.Stop((from + Duration.FromHours(5)).ToDateTimeOffset());
        foreach (var turn in DemoFeed.Past(new CallCentre(7, from), from, clock)) demo.Step(turn);
        Add(seen, demo);
        Add(seen, Story.Of()
            .At("09:00:00", "ticket/a", new TicketCreated(TicketKind.Complaint, Channel.Phone), new TicketRedressRecorded(RedressKind.WrittenApology))
            .At("09:00:01", "contact/a", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q"), new ContactAnswered("a"), new ContactDisconnected(DisconnectedBy.Agent))
            .At("09:00:02", "contact/b", new ContactInitiated(Channel.Phone, Direction.Inbound), new ContactQueued("q"), new ContactDequeued("q", DequeueReason.Callback)).Shard);
        return seen;
    }

    private static void Add(Dictionary<string, SortedSet<string>> seen, Shard shard)
    {
        foreach (var scope in (string[])["all", "queue/q", "queue/r", "department/billing", "department/network", "department/field"])
        {
            if (!seen.TryGetValue(scope, out var paths)) seen[scope] = paths = new(StringComparer.Ordinal);
            Walk("", Report.Of(shard, scope, Window.Always, live: true), paths);
        }
    }

    private static void Walk(string path, IReadOnlyDictionary<string, object?> table, SortedSet<string> paths)
    {
        foreach (var (name, value) in table)
            if (value is IReadOnlyDictionary<string, object?> nested) Walk($"{path}{name}/", nested, paths);
            else paths.Add(path + name);
    }

    private static IEnumerable<string> PromisesOfThePacks() => Directory.GetFiles(Path.Combine(ConventionTests.Root, "web", "Policies", "packs", "policies"), "*.yaml")
        .SelectMany(f => Promise().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).Distinct();

    [GeneratedRegex("^  - id: ([a-z_]+)", RegexOptions.Multiline)]
    private static partial Regex Promise();
}
