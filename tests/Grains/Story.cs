using System.Globalization;
using System.Text;
using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using Xunit;

namespace OpsMonitor.Tests.Grains;

/// <summary>
/// A timeline told to one shard in virtual time. A time is <c>HH:mm:ss[.fff]</c> UTC of the first day, Monday 2 March 2026, or
/// <c>+6 HH:mm:ss</c> so many days later. After every turn the running sums are counted again.
/// </summary>
internal sealed class Story
{
    public const long Second = 1_000, Minute = 60_000, Hour = 3_600_000, Day = 86_400_000;

    private static readonly long FirstDay = new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private static readonly Dictionary<Type, string> Names = EventTypes.All.ToDictionary(t => t.Value, t => t.Key);
    private int _told;

    private const int RecountEvery = 16;

    private Story(Shard shard) => Shard = shard;

    public Shard Shard { get; }

    public TurnEffects? Last { get; private set; }

    public static Story Of(PolicySet? policies = null, bool backfill = false) => new(new Shard(policies ?? PolicySet.Default, new(backfill)));

    /// <summary>It happens, and is told the same instant.</summary>
    public Story At(string time, string subject, params EventData[] data) => Told(time, time, subject, data);

    /// <summary>It happened at one time and is told at another.</summary>
    public Story Told(string told, string happened, string subject, params EventData[] data) =>
        Turn(Ms(told), [.. data.Select(d => Event(Ms(happened), subject, d, $"e-{++_told}"))]);

    /// <summary>Nothing happens but time.</summary>
    public Story Tick(string time) => Turn(Ms(time));

    public Story Turn(long now, params Event[] events)
    {
        Last = Shard.Step(new(now, events));
        Assert.True(Recount.Equals(Shard), "the running sums differ from a recount");
        return this;
    }

    /// <summary>Steps at every wake-up that the shard asks for, up to and including a time.</summary>
    public Story WakeUntil(long end)
    {
        for (var wakes = 1; Shard.NextWake <= end; wakes++)
        {
            var wake = Shard.NextWake;
            if (wakes % RecountEvery == 0) Turn(wake); else Last = Shard.Step(new(wake, [])); // a recount looks at everything
            Assert.True(Shard.NextWake > wake, "a wake-up must be used up by its own turn");
        }
        return Turn(end);
    }

    public Row Row(string subject) => Shard.Find(Subject.Parse(subject)) ?? throw new InvalidOperationException($"no row of {subject}");

    public ClockRow Clock(string subject, string clock) => Row(subject).Clocks.Single(c => c.Id == clock);

    public Alert? Alert(string rule, string clock) => Shard.Alerts.All.SingleOrDefault(a => a.Due.Rule == rule && a.Due.Clock == clock);

    public Sums Sums(string scope = "all") => (Shard.Books.Find(scope) ?? new Ledger()).Over(Window.Always);

    public int Members(Measure measure, string param = "") => Shard.Books.Find("all")!.Members(new(measure, param)).Count;

    public SortedDictionary<string, object?> Report(string scope = "all") => OpsMonitor.Grains.Metrics.Report.Of(Shard, scope, Window.Always, live: true);

    /// <summary>Everything that the numbers are made of, as text: two shards with the same text would show the same boards.</summary>
    public string Dump()
    {
        var text = new StringBuilder();
        foreach (var (scope, ledger) in Shard.Books.All)
        {
            var sums = ledger.Over(Window.Always);
            var lines = sums.Points.Where(p => p.Value != 0).Select(p => $"{p.Key} {p.Value}")
                .Concat(sums.Samples.Where(s => s.Value.Count > 0).Select(s => $"{s.Key} {string.Join(',', s.Value)}"))
                .Concat(ledger.MemberKeys.Where(k => ledger.Members(k).Count > 0)
                    .Select(k => $"{k} {string.Join(',', ledger.Members(k).Select(m => $"{m.Who}@{m.At}"))}")).ToList();
            if (lines.Count > 0) text.AppendLine(scope).AppendJoin('\n', lines).AppendLine();
        }
        return text.ToString();
    }

    public string DumpRows() => string.Join('\n', Shard.Rows().Select(r =>
        r with { Clocks = [], Anomalies = [] } + " " + string.Join(';', r.Clocks) + " " + string.Join(';', r.Anomalies)));

    public static long Ms(string time)
    {
        var days = 0;
        if (time[0] == '+')
        {
            var space = time.IndexOf(' ', StringComparison.Ordinal);
            days = int.Parse(time[1..space], CultureInfo.InvariantCulture);
            time = time[(space + 1)..];
        }
        return FirstDay + (days * Day) + (long)TimeSpan.Parse(time, CultureInfo.InvariantCulture).TotalMilliseconds;
    }

    public static string Iso(string time) => Iso(Ms(time));

    public static string Iso(long ms) =>
        DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>An event as the edge would hand it in: written as JSON and read back.</summary>
    public static Event Event(long at, string subject, EventData data, string id, string source = "/test", string? department = null)
    {
        var envelope = new SortedDictionary<string, object>(StringComparer.Ordinal)
        {
            ["specversion"] = "1.0",
            ["id"] = id,
            ["source"] = source,
            ["type"] = Names[data.GetType()],
            ["time"] = Iso(at),
            ["subject"] = subject,
            ["data"] = JsonSerializer.SerializeToElement(data, EventJson.Default.GetTypeInfo(data.GetType())!),
        };
        if (department is not null) envelope["departmentid"] = department;
        var (read, error) = EventReader.Read(JsonSerializer.SerializeToUtf8Bytes(envelope));
        return read ?? throw new InvalidOperationException($"{error!.Code} {error.Pointer} {error.Detail}");
    }
}
