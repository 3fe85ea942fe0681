using System.Text.Json;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpsMonitor.Grains.Accountability;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Metrics;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Departments;

/// <summary>What the head of a department has to act upon, in one answer; and the records that he keeps. (spec: wallboard, Department head)</summary>
public static class DepartmentEndpoints
{
    private const string OutsideFlag = "outside_flag";
    private const int Shown = 200;
    private const long DayMs = 86_400_000, Lookback = 30 * DayMs;

    public static void AddDepartments(this IServiceCollection services)
    {
        services.AddSingleton<ForecastKeeper>();
        services.AddHostedService(p => p.GetRequiredService<ForecastKeeper>());
    }

    public static void MapDepartments(this RouteGroupBuilder group)
    {
        group.MapGet("/api/v1/departments/{id}", (RequestDelegate)Page);
        group.MapGet("/api/v1/departments/{id}/forecast", (RequestDelegate)Forecast);
        group.MapGet("/api/v1/departments/{id}/cases", (RequestDelegate)Cases);
    }

    public static void MapDepartmentActs(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/departments/{id}/accountability", (RequestDelegate)(static c => CaseDesk.Act(c, SubjectKind.Accountability))).RequireKey(KeyScope.Act);
        routes.MapPost("/api/v1/departments/{id}/improvements", (RequestDelegate)(static c => CaseDesk.Act(c, SubjectKind.Improvement))).RequireKey(KeyScope.Act);
    }

    private static async Task Page(HttpContext context)
    {
        if (await Known(context) is not var (host, directory, id)) return;
        var (now, scope) = (host.Now, "department/" + id);
        var (alerts, risk, outlook, asOf) = Whole.Read(host, kept => Outside(kept, id, now), (tally, kept) => (AlertsOf(tally, id, kept), AtRisk(tally, scope), Outlook.Of(tally, id, now), tally.LastEventAt));
        var (cases, joint) = (await CasesOf(host, id, context.RequestAborted), await JointOf(host, alerts, now, context.RequestAborted));
        var card = MetricAnswers.Card(host, directory, id);
        var keeper = context.RequestServices.GetRequiredService<ForecastKeeper>();
        await Reply.WriteAsync(context, 200, "application/json", json =>
        {
            Head(json, directory, id, now, asOf);
            DepartmentJson.Alerts(json, "alerts", alerts.Where(a => a.State == AlertState.Raised && a.SuppressedBy is null).OrderBy(a => a.Due.Level != AlertLevel.Red).ThenByDescending(a => a.Due.RaisedAt).Select(AlertView.Of));
            json.WriteNumber("suppressed", alerts.Count(a => a.State == AlertState.Raised && a.SuppressedBy is not null));
            DepartmentJson.Alerts(json, "groups", alerts.Where(a => a.State == AlertState.Raised && a.Due.Members is not null).Select(AlertView.Of));
            WriteRisk(json, risk);
            DepartmentJson.Forecast(json, outlook, joint, keeper.Judged(id), ticket => host.Read(t => t.Find(new(SubjectKind.Ticket, ticket))));
            json.WritePropertyName("scorecard");
            MetricJson.Write(json, card);
            WriteCases(json, host, id, cases, alerts, now);
        });
    }

    private static async Task Forecast(HttpContext context)
    {
        if (await Known(context) is not var (host, directory, id)) return;
        var now = host.Now;
        var (alerts, outlook, asOf) = host.Read(tally => (AlertsOf(tally, id, []), Outlook.Of(tally, id, now), tally.LastEventAt));
        var joint = await JointOf(host, alerts, now, context.RequestAborted);
        await Reply.WriteAsync(context, 200, "application/json", json =>
        {
            Head(json, directory, id, now, asOf);
            DepartmentJson.Forecast(json, outlook, joint, context.RequestServices.GetRequiredService<ForecastKeeper>().Judged(id), ticket => host.Read(t => t.Find(new(SubjectKind.Ticket, ticket))));
        });
    }

    private static async Task Cases(HttpContext context)
    {
        if (await Known(context) is not var (host, directory, id)) return;
        var now = host.Now;
        var (alerts, asOf) = Whole.Read(host, kept => Outside(kept, id, now), (tally, kept) => (AlertsOf(tally, id, kept), tally.LastEventAt));
        var cases = await CasesOf(host, id, context.RequestAborted);
        await Reply.WriteAsync(context, 200, "application/json", json =>
        {
            Head(json, directory, id, now, asOf);
            WriteCases(json, host, id, cases, alerts, now);
        });
    }

    private static async Task<(IOpsHost Host, BoardDirectory Directory, string Id)?> Known(HttpContext context)
    {
        var (host, directory, id) = (context.RequestServices.GetRequiredService<IOpsHost>(), context.RequestServices.GetRequiredService<BoardDirectory>(), (string)context.Request.RouteValues["id"]!);
        if (directory.Reference.Departments.ContainsKey(id) || host.Read(tally => tally.Books.Find("department/" + id) is not null)) return (host, directory, id);
        await new Problem(404, "no_such_department", "No event or file ever named this department.").WriteAsync(context);
        return null;
    }

    private static void Head(Utf8JsonWriter json, BoardDirectory directory, string id, long now, long asOf)
    {
        json.WriteString("department", id);
        json.WritePropertyName("titles");
        JsonSerializer.Serialize(json, directory.Department(id));
        json.WriteNumber("now", now);
        DepartmentJson.Instant(json, "as_of", asOf == long.MinValue ? null : asOf);
        json.WriteString("zone", directory.Zone("department/" + id));
    }

    private static List<Alert> AlertsOf(Tally tally, string id, IReadOnlyList<Alert> kept) => Whole.Alerts(tally, tally.Alerts.All.Where(a => a.Due.DepartmentId == id), kept);

    // Of those that left memory only what may still ask for somebody who answers for it. A bulk complaint's stay for longer than that.
    private static IReadOnlyList<Alert> Outside(Silo.Local.Journal.KeptRows? kept, string id, long now) => kept?.AlertsRaised(id, OutsideFlag, now - Lookback) ?? [];

    private static List<(Member Member, string Clock, Row? Row)> AtRisk(Tally tally, string scope)
    {
        if (tally.Books.Find(scope) is not { } ledger) return [];
        return [.. ledger.MemberKeys.Where(k => k.Measure is Measure.ClockAtRisk or Measure.ClockBreachedOpen).SelectMany(k => ledger.Members(k).Take(Shown).Select(m => (m, k.Param)))
            .OrderBy(m => m.m.At).ThenBy(m => m.m.Who).ThenBy(m => m.Param, StringComparer.Ordinal).Take(Shown).Select(m => (m.m, m.Param, tally.Find(m.m.Who)))];
    }

    private static void WriteRisk(Utf8JsonWriter json, List<(Member Member, string Clock, Row? Row)> risk)
    {
        json.WriteStartArray("at_risk");
        foreach (var (member, clock, row) in risk)
        {
            json.WriteStartObject();
            json.WriteString("subject", member.Who.ToString());
            json.WriteString("clock", clock);
            json.WriteNumber("due_at", member.At);
            json.WriteString("owner", row?.Owner);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static async Task<List<JointCase>> JointOf(IOpsHost host, List<Alert> alerts, long now, CancellationToken stop)
    {
        var joint = new List<JointCase>();
        foreach (var alert in alerts.Where(a => a is { State: AlertState.Raised, Due.Rule: "hard_case" }).Take(Shown))
            if (await host.JudgedAsync(alert.Due.Subject, stop) is { } history && host.Read(tally => JointCase.Of(tally, alert.Due.Subject, history, now)) is { } one) joint.Add(one);
        return joint;
    }

    private static async Task<List<(Subject Subject, CaseStory Story)>> CasesOf(IOpsHost host, string id, CancellationToken stop)
    {
        var all = new List<(Subject, CaseStory)>();
        var rows = host.Read(tally => tally.Rows(SubjectKind.Accountability).Concat(tally.Rows(SubjectKind.Improvement)).Where(r => r.DepartmentId == id).OrderByDescending(r => r.CreatedAt).Take(Shown).ToList());
        foreach (var row in rows)
            if (await host.JudgedAsync(row.Subject, stop) is { } history && CaseStory.Of(row.Subject, history) is { } story) all.Add((row.Subject, story));
        return all;
    }

    private static void WriteCases(Utf8JsonWriter json, IOpsHost host, string id, List<(Subject Subject, CaseStory Story)> cases, List<Alert> alerts, long now)
    {
        json.WriteStartArray("accountability");
        foreach (var (subject, story) in cases.Where(c => c.Subject.Kind == SubjectKind.Accountability)) DepartmentJson.Case(json, subject, story, now, null);
        json.WriteEndArray();
        json.WriteStartArray("improvements");
        foreach (var (subject, story) in cases.Where(c => c.Subject.Kind == SubjectKind.Improvement)) DepartmentJson.Case(json, subject, story, now, Recurred(host, id, story, now));
        json.WriteEndArray();
        // Bulk complaints and what went outside ask for somebody who answers for them.
        var clusters = cases.Select(c => c.Story.Cluster).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var tickets = cases.Where(c => c.Subject.Kind == SubjectKind.Accountability).SelectMany(c => c.Story.Tickets).ToHashSet(StringComparer.Ordinal);
        DepartmentJson.Alerts(json, "without_accountability", alerts.Where(a => a.State != AlertState.Retracted && a.Due.RaisedAt > now - Lookback
            && (a.Due.Members is not null ? !clusters.Contains(a.Code) : a.Due.Rule == OutsideFlag && !tickets.Contains(a.Due.Subject.Id)))
            .OrderByDescending(a => a.Due.RaisedAt).Select(AlertView.Of));
    }

    /// <summary>Tickets of the same root cause that were created after the improvement was closed; null where none is named, or it is open.</summary>
    private static long? Recurred(IOpsHost host, string id, CaseStory story, long now) => story is not { RootCause: { } cause, ClosedAt: { } closed } ? null
        : host.Read(tally => tally.Books.Find("department/" + id)?.Over(new(closed + 60_000, now + 60_000))[Measure.RootCauseTickets, cause] ?? 0);
}
