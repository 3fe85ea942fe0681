namespace OpsMonitor.Web.Serve;

/// <param name="DataFolder">journal and keys; the demo keeps nothing and needs none</param>
/// <param name="Url">where to listen; port 0 takes a free one</param>
/// <param name="Reference">folder with departments.yaml, queues.yaml, policies/, calendars/; null = <c>reference</c> in the data folder where it exists</param>
/// <param name="BackfillUntil">Unix ms; judge as of this instant, take events of any age, send no alerts</param>
/// <param name="Zone">IANA; of the wall's clock and of 'today' where no department has one</param>
public sealed record ServeOptions(
    string DataFolder, string Url, string? Reference = null, bool Demo = false, int Seed = 1, int Speed = 1, long? BackfillUntil = null, string Zone = "UTC")
{
    /// <summary>How long what is over stays in memory after it was last heard of, in ms. Pages show it all the same.</summary>
    public long LeaveAfterMs { get; init; } = 10 * 60_000;

    /// <summary>Pack frames of the journal that are older than so many days; null for never.</summary>
    public int? ArchiveAfterDays { get; init; }
}
