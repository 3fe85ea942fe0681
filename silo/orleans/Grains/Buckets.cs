using System.Globalization;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Silo.Orleans.Grains;

/// <summary>The directory's parts: by the day on which a subject's first event came in, and by a hash of its name.</summary>
internal static class Buckets
{
    private const int PerDay = 32;

    public static string Of(Subject subject, long nowMs)
    {
        var day = DateTimeOffset.FromUnixTimeMilliseconds(nowMs).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return Key(day, (int)((ulong)EventHash.IdentityOf("", subject.ToString()) % PerDay));
    }

    public static IEnumerable<string> Of(string day) => Enumerable.Range(0, PerDay).Select(part => Key(day, part));

    private static string Key(string day, int part) => $"{day}/{part.ToString("D2", CultureInfo.InvariantCulture)}";
}
