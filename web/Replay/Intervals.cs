using NodaTime;
using NodaTime.TimeZones;

namespace OpsMonitor.Web.Replay;

/// <summary>Hours or days of a zone's clock.</summary>
public static class Intervals
{
    // An hour that the clock repeats is one interval of two hours; one that it skips has no length.
    private static readonly ZoneLocalMappingResolver Edge = Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <summary>
    /// The intervals that touch [<paramref name="first"/>, <paramref name="last"/>], in order and without a hole. Keys are
    /// <c>1999-02-01</c> or <c>1999-02-01T09</c>, ends in Unix ms, exclusive; the first one starts at <c>Start</c>.
    /// </summary>
    /// <param name="interval"><c>hour</c> or <c>day</c>; anything else throws <see cref="ArgumentException"/></param>
    public static (long Start, List<(string Key, long End)> Parts) Between(long first, long last, string interval, DateTimeZone zone)
    {
        var hourly = interval switch { "hour" => true, "day" => false, _ => throw new ArgumentException($"'{interval}' is neither hour nor day.", nameof(interval)) };
        var local = Instant.FromUnixTimeMilliseconds(first).InZone(zone).LocalDateTime;
        var at = local.Date.At(hourly ? new LocalTime(local.Hour, 0) : LocalTime.Midnight);
        var start = At(at, zone);
        var parts = new List<(string, long)>();
        for (var from = start; from <= last;)
        {
            var next = hourly ? at.PlusHours(1) : at.PlusDays(1);
            var to = At(next, zone);
            if (to > from) parts.Add((hourly ? at.ToString("uuuu-MM-dd'T'HH", null) : at.ToString("uuuu-MM-dd", null), to));
            (at, from) = (next, Math.Max(from, to));
        }
        return (start, parts);
    }

    private static long At(LocalDateTime local, DateTimeZone zone) => local.InZone(zone, Edge).ToInstant().ToUnixTimeMilliseconds();
}
