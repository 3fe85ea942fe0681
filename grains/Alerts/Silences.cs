using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Alerts;

/// <summary>Something kept an alert quiet in [<see cref="From"/>, <see cref="To"/>), Unix ms; long.MaxValue goes on.</summary>
/// <param name="By">the silence's id, or the code of the alert that covers it</param>
public readonly record struct QuietSpan(Mute Mute, string By, long From, long To)
{
    /// <summary>The times in which any of them holds, ascending, apart from each other, from an instant on.</summary>
    public static IReadOnlyList<(long From, long To)> Union(IReadOnlyList<QuietSpan> spans, long since)
    {
        if (spans.Count == 0) return [];
        var sorted = new List<(long From, long To)>(spans.Count);
        foreach (var span in spans)
            if (span.To > since && span.To > span.From) sorted.Add((Math.Max(since, span.From), span.To));
        sorted.Sort();
        var union = new List<(long From, long To)>(sorted.Count);
        foreach (var (from, to) in sorted)
            if (union.Count > 0 && from <= union[^1].To) union[^1] = (union[^1].From, Math.Max(union[^1].To, to));
            else union.Add((from, to));
        return union;
    }

    /// <summary>What holds at an instant: a person's word before what follows from another alert.</summary>
    public static QuietSpan? At(IReadOnlyList<QuietSpan> spans, long at)
    {
        QuietSpan? found = null;
        foreach (var span in spans)
            if (span.From <= at && at < span.To && (found is not { } best || Order(span).CompareTo(Order(best)) < 0)) found = span;
        return found;

        static (bool, long, string) Order(QuietSpan s) => (s.Mute != Mute.Silenced, -s.To, s.By);
    }
}

/// <summary>Which alerts are told to nobody for a while, since when, by whom and why. Instants in Unix ms.</summary>
/// <param name="To">when it ends by itself, or was ended</param>
/// <param name="EndedBy">null where nobody ended it before its time</param>
public sealed record Silence(string Id, SilenceOpened What, long From, long To, string? EndedBy)
{
    /// <summary>How long one may last, in ms.</summary>
    public const long LongestMs = 30 * 86_400_000L;

    /// <summary>All lists that are not empty must have it.</summary>
    public bool Takes(DueAlert alert) =>
        In(What.Rules, alert.Rule) && In(What.Lights, alert.Level == AlertLevel.Red ? "red" : "yellow") && In(What.Departments, alert.DepartmentId ?? "")
        && In(What.Subjects, What.Subjects is { Count: > 0 } ? alert.Subject.ToString() : "");

    /// <summary>A pure function of one silence's events, in their one order: the first that opens it counts, and what ends it after that.</summary>
    public static Silence? Of(string id, IReadOnlyList<Event> events)
    {
        Silence? silence = null;
        foreach (var e in events)
            switch (e.Data)
            {
                case SilenceOpened what when silence is null && IsNarrow(what) && Rfc3339.TryParse(what.Until, out var until) && until > e.At:
                    silence = new(id, what, e.At, Math.Min(until, e.At + LongestMs), null);
                    break;
                case SilenceEnded ended when silence is { } open && e.At < open.To:
                    silence = open with { To = e.At, EndedBy = ended.By };
                    break;
            }
        return silence;
    }

    // What would silence everything is no silence but a mistake.
    private static bool IsNarrow(SilenceOpened what) =>
        what.Rules is { Count: > 0 } || what.Lights is { Count: > 0 } || what.Departments is { Count: > 0 } || what.Subjects is { Count: > 0 };

    /// <summary>Whether it takes every red alert of a board.</summary>
    /// <param name="department">null for a board of all departments</param>
    public bool TakesBoard(string? department) => What is { Rules: not { Count: > 0 }, Subjects: not { Count: > 0 } } && In(What.Lights, "red")
        && (department is null ? What.Departments is not { Count: > 0 } : In(What.Departments, department));

    private static bool In(IReadOnlyList<string>? all, string one)
    {
        if (all is not { Count: > 0 }) return true;
        foreach (var item in all)
            if (string.Equals(item, one, StringComparison.Ordinal)) return true;
        return false;
    }
}

/// <summary>All silences, each folded from the set of its events: in whatever order they came, the same is silenced at the same instants.</summary>
public sealed class SilenceBook
{
    private readonly SortedDictionary<Subject, List<Event>> _events = [];
    private readonly SortedDictionary<Subject, Silence> _silences = [];

    /// <summary>In the order of their ids; those that are over too.</summary>
    public IReadOnlyCollection<Silence> All => _silences.Values;

    /// <summary>All that they follow from.</summary>
    public IReadOnlyList<Event> Events
    {
        get
        {
            var all = new List<Event>();
            foreach (var events in _events.Values) all.AddRange(events);
            return all;
        }
    }

    public Silence? Find(string id) => _silences.GetValueOrDefault(new(SubjectKind.Other, SilenceDeed.TypePrefix.TrimEnd('.') + "/" + id));

    /// <returns>the silence as it is now; null where there is none yet</returns>
    internal Silence? Add(Event e)
    {
        if (!_events.TryGetValue(e.Subject, out var events)) _events[e.Subject] = events = [];
        var place = events.BinarySearch(e);
        events.Insert(place < 0 ? ~place : place, e);
        var id = e.Subject.Id[(e.Subject.Id.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (Silence.Of(id, events) is not { } silence) return null;
        return _silences[e.Subject] = silence;
    }

    /// <summary>Until when nothing red of a board sounds, Unix ms; null where no silence takes all of it.</summary>
    /// <param name="department">null for a board of all departments</param>
    public long? AllOf(string? department, long now)
    {
        long? until = null;
        foreach (var silence in _silences.Values)
            if (silence.From <= now && now < silence.To && silence.TakesBoard(department)) until = Math.Max(until ?? 0, silence.To);
        return until;
    }

    /// <summary>When an alert was, is and will be silenced.</summary>
    /// <param name="since">Unix ms; what ended by then is of no interest</param>
    internal void Collect(DueAlert alert, long since, List<QuietSpan> into)
    {
        foreach (var silence in _silences.Values)
            if (silence.To > since && silence.Takes(alert)) into.Add(new(Mute.Silenced, silence.Id, silence.From, silence.To));
    }
}
