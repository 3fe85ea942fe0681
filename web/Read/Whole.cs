using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Read;

/// <summary>
/// Memory and the rows of those that left it, read as one state. The disk is read while turns go on; where somebody left or came back meanwhile,
/// it is read again, at last with the turns waiting. One whom memory has is never taken from the disk: that row is older.
/// </summary>
internal static class Whole
{
    private const int Tries = 3;

    public static T Read<TKept, T>(IOpsHost host, Func<KeptRows?, TKept> fromDisk, Func<Tally, TKept, T> both)
    {
        for (var tries = Tries; ; tries--)
        {
            var before = host.Read(Departures);
            var (last, kept) = (tries == 0, fromDisk(host.Kept));
            var (fits, answer) = host.Read(tally => Departures(tally) == before ? (true, both(tally, kept))
                : last ? (true, both(tally, fromDisk(host.Kept))) : (false, default(T)!));
            if (fits) return answer;
        }
    }

    private static (long Rows, long Alerts) Departures(Tally tally) => (tally.Departures, tally.Alerts.Departures);

    /// <summary>Alerts in memory and those that left it, in no order.</summary>
    /// <param name="inMemory">the wanted ones of those</param>
    /// <param name="fromDisk">the same of the others; of those that came back old lines may be among them</param>
    public static List<Alert> Alerts(IOpsHost host, Func<Tally, IEnumerable<Alert>> inMemory, Func<KeptRows, IReadOnlyList<Alert>> fromDisk) =>
        Read(host, rows => rows is null ? [] : fromDisk(rows), (tally, kept) => Alerts(tally, inMemory(tally), kept));

    public static List<Alert> Alerts(Tally tally, IEnumerable<Alert> inMemory, IReadOnlyList<Alert> kept) => [.. inMemory, .. kept.Where(a => tally.Alerts.Find(a.Key) is null)];

    /// <summary>Of a subject, while turns wait.</summary>
    public static Row? Row(IOpsHost host, Tally tally, Subject who) => tally.Find(who) ?? (tally.Has(who) ? null : host.Kept?.Find(who));

    public static Row? Find(IOpsHost host, Subject who) => Read(host, rows => rows?.Find(who), (tally, kept) => tally.Find(who) ?? kept);

    /// <summary>Rows in the order of their subjects.</summary>
    /// <param name="query">null where nobody who left memory can be meant</param>
    public static List<Row> Page(IOpsHost host, KeptQuery? query, Func<Row, bool> wanted, SubjectKind kind, string? after, int limit)
    {
        for (var ask = limit; ; ask *= 2) // some of those on the disk may be back in memory: then more are needed
            if (Read(host, rows => rows is null || query is not { } q ? [] : rows.Rows(q with { Limit = ask }),
                (tally, kept) => Merge(tally, kept, kept.Count < ask, wanted, kind, after, limit)) is { } page) return page;
    }

    /// <returns>null where the rows from the disk end before the page does</returns>
    private static List<Row>? Merge(Tally tally, IReadOnlyList<Row> kept, bool all, Func<Row, bool> wanted, SubjectKind kind, string? after, int limit)
    {
        var page = tally.Rows(kind, after is null ? null : new Subject(kind, after)).Where(wanted).Take(limit).ToList();
        if (kept.Count == 0) return page;
        page.AddRange(kept.Where(r => wanted(r) && !tally.Has(r.Subject)));
        page.Sort((a, b) => a.Subject.CompareTo(b.Subject));
        if (!all) page.RemoveAll(r => r.Subject.CompareTo(kept[^1].Subject) > 0); // who comes next on the disk is not known
        if (!all && page.Count < limit) return null;
        return page.Count > limit ? page[..limit] : page;
    }
}
