using NodaTime;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Web.Replay;

/// <summary>What <c>replay</c> is asked for.</summary>
/// <param name="Inputs">NDJSON files of CloudEvents; a name ending in <c>.gz</c> is unpacked, <c>-</c> is the standard input</param>
/// <param name="Report">where the numbers go</param>
/// <param name="Rows">where every subject's state goes, one JSON object per line; null for nowhere</param>
/// <param name="Trust">where goes what depends on arrival: duplicates, order, unreadable lines; null for nowhere</param>
/// <param name="Until">Unix ms, inclusive: later events are left out and all is judged at this instant; null for the time of the last event</param>
/// <param name="Interval"><c>hour</c>, <c>day</c>, or null for totals only</param>
/// <param name="Zone">whose hours and days the intervals are</param>
public sealed record ReplayOptions(
    IReadOnlyList<string> Inputs, string Report, string? Rows, string? Trust, long? Until, string? Interval, DateTimeZone Zone, PolicySet Policies);

/// <summary>What was read. <see cref="Until"/> is null where there was neither an event nor a given instant.</summary>
/// <param name="Lines">lines that were not blank</param>
/// <param name="Unreadable">lines that are no event</param>
/// <param name="Refused">readable events that were not counted: their id was used for another event</param>
/// <param name="AfterUntil">readable events later than until</param>
public sealed record ReplaySummary(long? Until, long Lines, long Accepted, long Duplicates, long Unreadable, long Refused, long AfterUntil, int Subjects);
