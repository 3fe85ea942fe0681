using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;

namespace OpsMonitor.Grains.Turns;

/// <summary>
/// One clock of a row, as it stands. Times in Unix ms; <see cref="DueAt"/> is null while paused, when <see cref="RemainingMs"/> tells.
/// <see cref="LateMs"/> is that of a clock that has ended; of one still open, now - <see cref="DueAt"/>, it is the reader's to take.
/// </summary>
public sealed record ClockRow(
    string Id, string Policy, int Version, string? DepartmentId, long StartedAt, long? DueAt, string State, long? StoppedAt, long PausedMs, long LateMs, long? RemainingMs)
{
    /// <summary>Neither stopped nor ended with its ticket.</summary>
    public bool IsOpen => State is "running" or "paused" || (State == "breached" && StoppedAt is null && LateMs == 0);

    /// <summary>Lateness as seen at an instant: of an open breach it is still growing.</summary>
    public long LateAt(long now) => State == "breached" && IsOpen && DueAt is { } due ? Math.Max(0, now - due) : LateMs;
}

/// <summary>A subject's present state: what the lists, the drill-down and <c>--rows</c> show.</summary>
public sealed record Row(
    Subject Subject, string State, string? DepartmentId, string? QueueId, long? CreatedAt, long? EndedAt, int Reopened, string? Owner,
    IReadOnlyList<ClockRow> Clocks, IReadOnlyList<string> Anomalies)
{
    public long? DueAt { get; init; }
}

/// <summary>What a customer's file keeps of one contact or ticket, for look-back and look-forward.</summary>
public sealed record ContactFact(
    Subject Contact, string CustomerRef, string? IssueKey, bool Inbound, long InitiatedAt, long LastAt, bool Over, bool Answered, bool Abandoned,
    string? Queue, string? Department)
{
    /// <summary>Of a ticket, which stands in the file for its repeats: no contact, so neither inbound nor answered. When it was closed at the first go.</summary>
    public long? FirstTimeAt { get; init; }

    public bool Complaint { get; init; }

    /// <summary>Of a contact: it was cut off in the middle of something critical.</summary>
    public bool Critical { get; init; }

    /// <summary>Of a ticket: somebody said so.</summary>
    public bool Repeat { get; init; }
}

/// <summary>The whole answer of the core about one subject at one instant. (design: rule 2)</summary>
public sealed record Evaluation(Row? Row, IReadOnlyList<Contribution> Contributions, IReadOnlyList<DueAlert> Alerts, long NextChangeAt, ContactFact? Fact = null)
{
    public IReadOnlyList<Contribution> Contributions { get; private set; } = Contributions;

    public static readonly Evaluation Empty = new(null, [], [], long.MaxValue);

    /// <summary>An evaluation's own lists are arrays; those that came over a wire may be anything.</summary>
    internal static ReadOnlySpan<T> SpanOf<T>(IReadOnlyList<T> list) => list as T[] ?? [.. list];

    /// <summary>Takes the parts that are equal from the evaluation before: what lives long is then not made anew at every event.</summary>
    internal void TakeUnchanged(Evaluation before)
    {
        if (SpanOf(Contributions).SequenceEqual(SpanOf(before.Contributions))) Contributions = before.Contributions;
        if (Row?.Clocks is not ClockRow[] mine || before.Row?.Clocks is not ClockRow[] theirs) return;
        for (var i = 0; i < mine.Length && i < theirs.Length; i++)
            if (mine[i] == theirs[i]) mine[i] = theirs[i];
    }

    /// <summary>
    /// The latest instant that had come and mattered: with the same events it is the same answer at any instant from then (and from the last event) on
    /// until <see cref="NextChangeAt"/>. Unix ms; long.MinValue where time did not matter.
    /// </summary>
    public long KnownSince { get; init; } = long.MinValue;

    /// <summary>Numbers once shown that no longer hold, each with its cause.</summary>
    public IReadOnlyList<Revocation> Revocations { get; init; } = [];

    /// <summary>Of a contact: what it kept agents busy with, cut at the hours.</summary>
    public IReadOnlyList<AgentWork> Work { get; init; } = [];

    /// <summary>The same, to be looked at again at an instant at the latest.</summary>
    public Evaluation ButNotAfter(long at) => at < NextChangeAt ? this with { NextChangeAt = at } : this;
}

/// <summary>A contact counted as resolved at first contact, until another one said otherwise: at the initiation of <see cref="By"/>, Unix ms.</summary>
public sealed record Revocation(Subject Contact, Subject By, long At, string? Queue, string? Department);

/// <summary>A contact had an agent busy in [<see cref="From"/>, <see cref="To"/>), Unix ms; long.MaxValue goes on.</summary>
public sealed record AgentWork(string Agent, long From, long To, AgentDuty Duty);

/// <summary>In the order in which they hide each other where an agent has several contacts at once. (spec: metrics, agents)</summary>
public enum AgentDuty { Contact, Wrapup, Ringing }

/// <summary>An agent said to be in a state in [<see cref="From"/>, <see cref="To"/>), Unix ms; long.MaxValue goes on.</summary>
public sealed record AgentStretch(long From, long To, AgentState State, string? Department);

/// <summary>Collects an evaluation while a subject is judged.</summary>
internal sealed class Judgement(long now)
{
    [ThreadStatic]
    private static List<Contribution>? _spare; // of the judgement before: room that need not be made anew

    private readonly List<Contribution> _contributions = Spare();
    private List<DueAlert>? _alerts;
    private long _next = long.MaxValue, _since = long.MinValue;

    private static List<Contribution> Spare()
    {
        var spare = _spare ?? [];
        _spare = null;
        return spare;
    }

    public long Now => now;

    /// <summary>True once the instant has come; else remembers to look again then.</summary>
    public bool Reached(long at)
    {
        if (at <= now)
        {
            _since = Math.Max(_since, at);
            return true;
        }
        _next = Math.Min(_next, at);
        return false;
    }

    public void Point(Measure measure, string? queue, string? department, long at, long amount = 1, string param = "")
    {
        if (amount != 0) _contributions.Add(new(ContributionKind.Point, new(measure, param), queue, department, at, amount));
    }

    public void Sample(Measure measure, string? department, long at, long value, string? queue = null) =>
        _contributions.Add(new(ContributionKind.Sample, new(measure), queue, department, at, value));

    /// <summary>Time in [from, to) as its two ends, which any window can be cut from; an end that has not come yet is not known yet.</summary>
    public void Time(Measure delta, Measure at, string? queue, string? department, long from, long to, string param, int sign = 1)
    {
        if (from >= to || !Reached(from)) return;
        Point(delta, queue, department, from, sign, param);
        Point(at, queue, department, from, sign * from, param);
        if (to == long.MaxValue || !Reached(to)) return;
        Point(delta, queue, department, to, -sign, param);
        Point(at, queue, department, to, -sign * to, param);
    }

    public void Member(Measure measure, string? queue, string? department, long at, string param = "")
    {
        // A ticket may be in one set twice (two dispatches due at once): the running number keeps them apart.
        var (key, number) = (new MeasureKey(measure, param), 0);
        foreach (ref readonly var c in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_contributions))
            if (c.Kind == ContributionKind.Member && c.At == at && c.Key == key) number++;
        _contributions.Add(new(ContributionKind.Member, key, queue, department, at, number));
    }

    public void Alert(DueAlert alert) => (_alerts ??= []).Add(alert);

    /// <summary>The end of it: nothing may be added any more.</summary>
    public Evaluation Done(Row? row, ContactFact? fact = null)
    {
        var done = new Evaluation(row, _contributions.Count == 0 ? [] : _contributions.ToArray(), _alerts is null ? [] : _alerts.ToArray(), _next, fact) { KnownSince = _since };
        _contributions.Clear();
        _spare = _contributions;
        return done;
    }
}

/// <summary>Instants inside event data: RFC 3339 text, checked at the edge.</summary>
internal static class Times
{
    private const decimal LongestS = 1_000_000_000; // some thirty years: no duration, but no overflow either

    public static long? Ms(string? text) => text is not null && Rfc3339.TryParse(text, out var at) ? at : null;

    /// <summary>A sender's duration; an absurd one is cut to what can be added up.</summary>
    public static long Ms(decimal seconds) => (long)(Math.Clamp(seconds, 0, LongestS) * 1000);
}
