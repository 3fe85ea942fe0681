using System.Globalization;
using System.Text;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>A policy folder and one ticket under it, judged at any instant. Times are RFC 3339.</summary>
internal sealed class PolicyDesk : IDisposable
{
    public const string Office = "id: office\ntime_zone: Europe/London\nweek: {mon: [\"09:00-17:00\"], tue: [\"09:00-17:00\"], wed: [\"09:00-17:00\"], thu: [\"09:00-17:00\"], fri: [\"09:00-17:00\"]}\n";

    private readonly List<Event> _events = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("opsmonitor-desk-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public PolicyDesk File(string path, string text)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        System.IO.File.WriteAllText(full, text);
        _policies = null;
        return this;
    }

    public PolicyDesk Without(string path)
    {
        System.IO.File.Delete(Path.Combine(Folder, path));
        _policies = null;
        return this;
    }

    /// <summary>One policy p of one clock x on the calendar office.</summary>
    public PolicyDesk Clock(string clock) => File("calendars/office.yaml", Office).File("policies/p.yaml", $"id: p\ncalendar: office\nclocks:\n- {{id: x, {clock}}}\n");

    public PolicyDesk Created(string time, string more = "") => At(time, "ticket.created", $$"""{"kind":"complaint","channel":"phone"{{(more.Length > 0 ? "," + more : "")}}}""");

    public PolicyDesk At(string time, string type, string data = "{}", string subject = "ticket/T-1")
    {
        var text = $$"""{"specversion":"1.0","id":"{{_events.Count}}","source":"/crm","type":"{{type}}","subject":"{{subject}}","time":"{{time}}","data":{{data}}}""";
        var (read, error) = EventReader.Read(Encoding.UTF8.GetBytes(text));
        _events.Add(read ?? throw new InvalidOperationException($"{error!.Code} {error.Pointer} {error.Detail}"));
        return this;
    }

    private PolicySet? _policies;

    public PolicySet Policies => _policies ??= PolicyFolder.Load(Folder, ReferenceData.Empty);

    /// <summary>Policies that were read before: for tests of hundreds of tickets.</summary>
    public PolicyDesk Under(PolicySet policies)
    {
        _policies = policies;
        return this;
    }

    public Shard Judge(string? now = null)
    {
        var shard = new Shard(Policies, new());
        foreach (var e in _events) shard.Step(new(e.At, [e], Replayed: true));
        if (now is not null) shard.Step(new(Ms(now), []));
        return shard;
    }

    public IReadOnlyList<ClockRow> Clocks(string? now = null) => Judge(now).Find(Subject.Parse("ticket/T-1"))!.Clocks;

    public IReadOnlyList<ClockRow> Rounds(string id, string? now = null) => [.. Clocks(now).Where(c => c.Id == id)];

    public ClockRow X(string? now = null) => Clocks(now).Last(c => c.Id == "x");

    /// <summary>State and due time of the clock x, in London.</summary>
    public string Says(string? now = null) => Spell(X(now));

    public static string Spell(ClockRow c) => c.DueAt is { } due ? $"{c.State} {Local(due)}" : $"{c.State} {c.RemainingMs / 60_000} min left";

    private static string Local(long ms) => NodaTime.Instant.FromUnixTimeMilliseconds(ms).InZone(NodaTime.DateTimeZoneProviders.Tzdb["Europe/London"]).ToString("ddd d MMM HH:mm", CultureInfo.InvariantCulture);

    public static long Ms(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
