using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>A contact had an agent busy in [<see cref="From"/>, <see cref="To"/>), Unix ms, within one hour.</summary>
public readonly record struct BusySpan(long From, long To, AgentDuty Duty, Subject Contact) : IComparable<BusySpan>
{
    public int CompareTo(BusySpan other)
    {
        if (From != other.From) return From < other.From ? -1 : 1;
        if (To != other.To) return To < other.To ? -1 : 1;
        return Duty != other.Duty ? (Duty < other.Duty ? -1 : 1) : Contact.CompareTo(other.Contact);
    }
}

/// <summary>
/// One agent's hour (UTC): the states told in it, and time on contacts, however many at once, counts once, and takes the place of what the agent said meanwhile. Foremost is being
/// on a contact, then wrapping up, then ringing, then what was told. (spec: metrics, agents; error, missed and rejected are instants, not stretches)
/// </summary>
internal static class AgentHour
{
    private const long HourMs = 3_600_000;
    private const string Prefix = "\u0001agent-hour/"; // no reference to a customer begins so

    public static long Of(long at) => (at - (((at % HourMs) + HourMs) % HourMs)) / HourMs;

    public static Subject FileOf(string agent, long hour) => new(SubjectKind.Other, $"{Prefix}{hour.ToString(CultureInfo.InvariantCulture)}/{agent}");

    public static bool TryRead(Subject file, out string agent, out long hour)
    {
        (agent, hour) = ("", 0);
        if (file.Kind != SubjectKind.Other || !file.Id.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var slash = file.Id.IndexOf('/', Prefix.Length);
        if (slash < 0 || !long.TryParse(file.Id.AsSpan(Prefix.Length, slash - Prefix.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out hour)) return false;
        agent = file.Id[(slash + 1)..];
        return true;
    }

    /// <summary>In the order of time: what happens next then stands at the end, and all before it stays as it is in the sums.</summary>
    /// <param name="works">of that hour</param>
    /// <param name="before">what lasts from the hours before</param>
    /// <param name="told">the states told in that hour, in their one order</param>
    public static Evaluation Evaluate(AgentNames names, IReadOnlyCollection<BusySpan> works, AgentCarry? before, IReadOnlyList<Event> told, long now)
    {
        var j = new Judgement(now);
        var story = AgentStory.Of(before, told, j.Reached);
        var edge = 0;
        if (works.Count > 0)
            foreach (var (from, to, duty) in Segments(works))
            {
                edge = Edges(j, names, story, edge, from);
                if (!Replace(j, names, null, story.Whole, from, to, duty)) j.Time(Measure.AgentDelta, Measure.AgentAt, null, null, from, to, names.Of(duty));
                foreach (var (queue, stretches) in story.Queues) Replace(j, names, queue, stretches, from, to, duty);
            }
        Edges(j, names, story, edge, long.MaxValue);
        return j.Done(null);
    }

    private static int Edges(Judgement j, AgentNames names, AgentStory story, int from, long to)
    {
        for (; from < story.Edges.Count && story.Edges[from] is var e && e.At < to; from++)
        {
            var (delta, at) = e.Queue is null ? (Measure.AgentDelta, Measure.AgentAt) : (Measure.QueueAgentDelta, Measure.QueueAgentAt);
            var (department, param) = (e.Queue is null ? e.Department : null, names.Of(e.State));
            j.Point(delta, e.Queue, department, e.At, e.Sign, param);
            j.Point(at, e.Queue, department, e.At, e.Sign * e.At, param);
        }
        return from;
    }

    /// <summary>Takes what was told of a stretch of time back where the duty hides it.</summary>
    /// <returns>whether anything was told of it</returns>
    private static bool Replace(Judgement j, AgentNames names, string? queue, List<AgentStretch> stretches, long from, long to, AgentDuty duty)
    {
        var (delta, at) = queue is null ? (Measure.AgentDelta, Measure.AgentAt) : (Measure.QueueAgentDelta, Measure.QueueAgentAt);
        var (here, known) = (from, false);
        for (var i = First(stretches, from); i < stretches.Count && stretches[i].From < to; i++)
        {
            var s = stretches[i];
            if (queue is null && s.From > here) j.Time(delta, at, null, null, here, s.From, names.Of(duty)); // what comes before the first state told is nobody's
            (here, known) = (s.To, true);
            if (!Hides(duty, s.State)) continue;
            var (a, b) = (Math.Max(from, s.From), Math.Min(to, s.To));
            j.Time(delta, at, queue, s.Department, a, b, names.Of(s.State), -1);
            j.Time(delta, at, queue, s.Department, a, b, names.Of(duty));
        }
        return known;
    }

    // Stretches of time with the foremost of the duties in each.
    private static List<(long From, long To, AgentDuty Duty)> Segments(IReadOnlyCollection<BusySpan> works)
    {
        var edges = new SortedDictionary<long, int[]>(); // how many of each duty begin, less those that end
        foreach (var w in works) { Edge(w.From)[(int)w.Duty]++; Edge(w.To)[(int)w.Duty]--; }
        var segments = new List<(long From, long To, AgentDuty Duty)>();
        var (busy, from) = (new int[3], 0L);
        foreach (var (to, changes) in edges)
        {
            if (Array.FindIndex(busy, n => n > 0) is var duty and >= 0)
            {
                if (segments.Count > 0 && segments[^1] is var last && last.To == from && (int)last.Duty == duty) segments[^1] = last with { To = to };
                else segments.Add((from, to, (AgentDuty)duty));
            }
            for (var i = 0; i < busy.Length; i++) busy[i] += changes[i];
            from = to;
        }
        return segments;

        int[] Edge(long at) => edges.TryGetValue(at, out var edge) ? edge : edges[at] = new int[3];
    }

    /// <summary>The first stretch that ends after an instant.</summary>
    private static int First(IReadOnlyList<AgentStretch> stretches, long at)
    {
        var (low, high) = (0, stretches.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (stretches[middle].To > at) high = middle; else low = middle + 1;
        }
        return low;
    }

    private static bool Hides(AgentDuty duty, AgentState told) => told switch
    {
        AgentState.Busy => false, // the same, or less
        AgentState.Wrapup => duty == AgentDuty.Contact,
        _ => true,
    };
}
