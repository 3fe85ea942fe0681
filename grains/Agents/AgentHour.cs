using System.Globalization;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;

namespace OpsMonitor.Grains.Agents;

/// <summary>
/// One agent's hour (UTC): time on contacts, however many at once, counts once, and takes the place of what the agent said meanwhile. Foremost is being
/// on a contact, then wrapping up, then ringing, then what was told. (spec: metrics, agents; error, missed and rejected are instants, not stretches)
/// </summary>
internal static class AgentHour
{
    public const string Ringing = "ringing";

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

    /// <param name="works">of that hour, by their beginning</param>
    /// <param name="tracks">the agent's states over all queues and in each</param>
    public static Evaluation Evaluate(
        string agent, SortedSet<(long From, long To, AgentDuty Duty, Subject Contact)> works, IReadOnlyList<AgentTrack> tracks, long now)
    {
        var j = new Judgement(now);
        foreach (var (from, to, duty) in Segments(works))
        {
            var known = false;
            foreach (var track in tracks)
            {
                var (delta, at) = track.Queue is null ? (Measure.AgentDelta, Measure.AgentAt) : (Measure.QueueAgentDelta, Measure.QueueAgentAt);
                var here = from; // what comes before the first state told is nobody's
                for (var i = First(track.Stretches, from); i < track.Stretches.Count && track.Stretches[i].From < to; i++)
                {
                    var s = track.Stretches[i];
                    if (track.Queue is null)
                    {
                        if (s.From > here) j.Time(delta, at, null, null, here, s.From, Param(duty, agent));
                        (here, known) = (s.To, true);
                    }
                    if (!Hides(duty, s.State)) continue;
                    var (a, b) = (Math.Max(from, s.From), Math.Min(to, s.To));
                    j.Time(delta, at, track.Queue, s.Department, a, b, AgentRules.Param(s.State, agent), -1);
                    j.Time(delta, at, track.Queue, s.Department, a, b, Param(duty, agent));
                }
            }
            if (!known) j.Time(Measure.AgentDelta, Measure.AgentAt, null, null, from, to, Param(duty, agent));
        }
        return j.Done(null);
    }

    // Stretches of time with the foremost of the duties in each.
    private static List<(long From, long To, AgentDuty Duty)> Segments(SortedSet<(long From, long To, AgentDuty Duty, Subject Contact)> works)
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

    private static string Param(AgentDuty duty, string agent) => duty switch
    {
        AgentDuty.Contact => AgentRules.Param(AgentState.Busy, agent),
        AgentDuty.Wrapup => AgentRules.Param(AgentState.Wrapup, agent),
        _ => $"{Ringing}/{agent}",
    };
}
