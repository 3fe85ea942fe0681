using OpsMonitor.Grains.Policies;
using OpsMonitor.Tests.Web.Policies;

namespace OpsMonitor.Tests.Conformance;

/// <summary>A week in which people save policies and a calendar while tickets run; any host must end it alike.</summary>
internal static class SavedStory
{
    /// <param name="Ticket">null for a saving, whose text is <paramref name="Data"/></param>
    internal sealed record Step(string At, string? Ticket, string Data, string Type = "ticket.created", EditKind Kind = EditKind.Policy, int Version = 1);

    private const string Complaint = """{"kind":"complaint","channel":"phone","department_id":"billing"}""", Running = "effective: {running: true}";

    public static IReadOnlyList<Step> Steps { get; } =
    [
        new("2026-03-02T09:00:00Z", "ticket/old", Complaint),
        new("2026-03-02T09:10:00Z", "ticket/done", Complaint),
        new("2026-03-02T09:30:00Z", "ticket/done", """{"method":"mail"}""", "ticket.replied"),
        new("2026-03-02T10:00:00Z", null, Policy(2, 1), Version: 2), // new clocks only
        new("2026-03-02T10:30:00Z", "ticket/new", Complaint),
        new("2026-03-02T11:30:00Z", null, Policy(3, 2, Running), Version: 3), // takes "old" over: its two hours are over by now
        new("2026-03-02T16:00:00Z", "ticket/late", Complaint),
        new("2026-03-02T16:30:00Z", null, PolicyDesk.Office + $"holidays: [{{date: 2026-03-03}}]\n{Running}\n", Kind: EditKind.Calendar), // Tuesday is a holiday, also for "late"
        new("2026-03-03T12:00:00Z", "ticket/holiday", Complaint),
        new("2026-03-04T09:30:00Z", null, Policy(4, 40, Running), Version: 4), // withdraws what was raised
    ];

    /// <summary>Where each ticket's clock x stands at the end.</summary>
    public static IReadOnlyList<string> End { get; } =
    [
        "done met Mon 2 Mar 13:10 v1",
        "holiday running Tue 10 Mar 17:00 v4",
        "late running Tue 10 Mar 16:00 v4",
        "new running Tue 10 Mar 10:30 v4",
        "old running Mon 9 Mar 17:00 v4",
    ];

    public static string Policy(int version, int hours, string more = "") =>
        $"id: p\nversion: {version}\ncalendar: office\n{more}\nclocks:\n- {{id: x, start: created, stop: [ticket.replied], limit: {{value: {hours}, unit: business_hour}}}}\n";
}
