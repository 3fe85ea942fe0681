using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Simulator;

/// <param name="Version">grows with every picture of an epoch</param>
/// <summary>What a wall would show of a shard, in the words of the oracle.</summary>
public sealed record Picture(int Epoch, long Version, long Now, SortedDictionary<string, long> Numbers, SortedSet<string> Alarms)
{
    private static readonly (string Name, Measure Measure, string Param)[] Points =
    [
        ("created", Measure.Created, ""), ("resolved", Measure.Resolved, ""), ("closed", Measure.Closed, ""), ("reopened", Measure.Reopened, ""),
        ("open", Measure.OpenDelta, ""), ("unresolved", Measure.UnresolvedDelta, ""),
        ("first_response due", Measure.ClockDue, "first_response"), ("first_response met", Measure.ClockMet, "first_response"),
        ("resolution due", Measure.ClockDue, "resolution"), ("resolution met", Measure.ClockMet, "resolution"),
        ("offered", Measure.Offered, ""), ("answered", Measure.Answered, ""), ("abandoned", Measure.Abandoned, ""), ("lost", Measure.Lost, ""),
        ("wait ms", Measure.AnswerWaitMs, ""), ("answered within", Measure.AnsweredWithin, "20"), ("waiting past", Measure.WaitingPast, "20"),
        ("callback due", Measure.CallbackDue, ""), ("callback kept", Measure.CallbackKept, ""), ("callback missed", Measure.CallbackMissed, ""),
        ("department_answer due", Measure.ClockDue, "department_answer"), ("department_answer met", Measure.ClockMet, "department_answer"),
        ("follow_up due", Measure.ClockDue, "follow_up"), ("follow_up met", Measure.ClockMet, "follow_up"),
        ("fcr eligible", Measure.FcrEligible, ""), ("fcr kept", Measure.FcrKept, ""), ("fcr open", Measure.FcrOpen, ""),
        ("fcr mature", Measure.FcrMature, ""), ("fcr mature kept", Measure.FcrMatureKept, ""),
    ];

    private static readonly (string Name, Measure Measure, string Param)[] Members =
    [
        ("first_response breached open", Measure.ClockBreachedOpen, "first_response"), ("resolution breached open", Measure.ClockBreachedOpen, "resolution"),
        ("department_answer breached open", Measure.ClockBreachedOpen, "department_answer"), ("follow_up breached open", Measure.ClockBreachedOpen, "follow_up"),
        ("agents available", Measure.AgentIn, "available"), ("agents busy", Measure.AgentIn, "busy"), ("agents break", Measure.AgentIn, "break"),
        ("waiting", Measure.Waiting, ""), ("callback pending", Measure.CallbackPending, ""), ("callback overdue", Measure.CallbackOverdue, ""),
    ];

    private static readonly Dictionary<(Measure, string), string> NameOfPoint = Points.ToDictionary(p => (p.Measure, p.Param), p => p.Name);

    public static Picture Of(Shard shard, int epoch, long version)
    {
        var numbers = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (scope, ledger) in shard.Books.All)
        {
            var sums = ledger.Over(Window.Always);
            foreach (var (key, n) in sums.Points)
                if (n != 0 && NameOfPoint.TryGetValue((key.Measure, key.Param), out var name)) numbers[$"{scope} {name}"] = n;
            foreach (var (name, measure, param) in Members)
                if (ledger.Members(new(measure, param)).Count is var n && n != 0) numbers[$"{scope} {name}"] = n;
        }
        var alarms = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var alert in shard.Alerts.All)
            if (alert.State == AlertState.Raised && alert.Due.Level == AlertLevel.Red) alarms.Add(NameOf(alert));
        return new(epoch, version, shard.Now, numbers, alarms);
    }

    public static string NameOf(Alert alert) => $"{alert.Due.Subject} {alert.Due.Clock} {alert.Due.DueAt}";

    /// <summary>Null where it shows what it should; else the first difference.</summary>
    public string? Differs(Oracle.Answer right)
    {
        foreach (var key in Numbers.Keys.Union(right.Numbers.Keys).Order(StringComparer.Ordinal))
            if (Numbers.GetValueOrDefault(key) != right.Numbers.GetValueOrDefault(key))
                return $"'{key}' is {Numbers.GetValueOrDefault(key)}, should be {right.Numbers.GetValueOrDefault(key)}";
        if (Alarms.SetEquals(right.Alarms)) return null;
        return $"alarms shown and not open: [{string.Join(", ", Alarms.Except(right.Alarms))}]; open and not shown: [{string.Join(", ", right.Alarms.Except(Alarms))}]";
    }
}
