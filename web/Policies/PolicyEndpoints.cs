using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Explain;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Rules;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Policies;

/// <summary>The policies and calendars in force, their text and history, and what a draft of one would change. Nothing here changes a clock.</summary>
public static class PolicyEndpoints
{
    private const int MostText = 512 * 1024;

    public static void MapPolicies(this RouteGroupBuilder group)
    {
        group.MapGet("/api/v1/policies", (RequestDelegate)List);
        group.MapGet("/api/v1/policies/{kind}/{file}", (RequestDelegate)Text);
        group.MapGet("/api/v1/policies/{kind}/{id}/history", (RequestDelegate)History);
        group.MapPost("/api/v1/policies/validate", (RequestDelegate)(c => WithDraft(c, tried => Reply.WriteAsync(c, 200, "application/json", json =>
        {
            json.WriteBoolean("valid", true);
            json.WriteString("id", tried.Edit.Id);
            json.WriteNumber("version", tried.Edit.Version);
            json.WriteNumber("revision", tried.Follows);
        }))));
        group.MapPost("/api/v1/policies/dry-run", (RequestDelegate)(c => WithDraft(c, tried => DryRunOf(c, tried.Shelf))));
    }

    private static async Task DryRunOf(HttpContext context, PolicyShelf shelf)
    {
        var host = context.RequestServices.GetRequiredService<IOpsHost>();
        var (open, before) = await DryRunJson.OpenAsync(host, context.RequestAborted);
        await Reply.WriteAsync(context, 200, "application/json", json => DryRunJson.Write(json, open, before, shelf.Set, host.Now));
    }

    private static Task List(HttpContext context)
    {
        var store = Store(context);
        var (edits, shelf) = (store.Edits, store.Standing());
        var today = Instant.FromUnixTimeMilliseconds(store.Host.Now).InUtc().Date;
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteString("zone", context.RequestServices.GetRequiredService<BoardDirectory>().Zone("all"));
            json.WriteStartArray("policies");
            foreach (var file in shelf.Files.OrderBy(f => f.Policy.Id, StringComparer.Ordinal).ThenBy(f => f.Policy.Version)) Write(json, file, edits);
            json.WriteEndArray();
            json.WriteStartArray("calendars");
            foreach (var file in shelf.Calendars.Files.OrderBy(f => f.Id, StringComparer.Ordinal).ThenBy(f => f.File, StringComparer.Ordinal)) Write(json, file, edits, today);
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, PolicyFile file, IReadOnlyList<PolicyEdit> edits)
    {
        var policy = file.Policy;
        json.WriteStartObject();
        json.WriteString("id", policy.Id);
        json.WriteNumber("version", policy.Version);
        Common(json, file.Title, file.Source, file.File, policy.From, policy.To, file.Edit);
        json.WriteNumber("revision", PolicyStore.RevisionOf(edits, EditKind.Policy, policy.Id));
        json.WriteString("calendar", policy.Calendar?.Id);
        json.WriteString("applies_when", policy.AppliesWhen.ToString());
        json.WriteNumber("priority", policy.Priority);
        json.WriteStartArray("clocks");
        foreach (var clock in policy.Clocks) json.WriteStringValue(clock.Id);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CalendarFile file, IReadOnlyList<PolicyEdit> edits, LocalDate today)
    {
        json.WriteStartObject();
        json.WriteString("id", file.Id);
        Common(json, file.Title, file.Source, file.File, file.Days.From, file.Days.To, file.Edit);
        json.WriteNumber("revision", PolicyStore.RevisionOf(edits, EditKind.Calendar, file.Id));
        json.WriteString("time_zone", file.Zone.Id);
        Date(json, "announced_until", file.AnnouncedUntil);
        // Ninety days ahead: long enough to get the new year's list.
        if (file.AnnouncedUntil is { } until && until < today.PlusDays(90)) json.WriteString("warning", $"holidays after {LocalDatePattern.Iso.Format(until)} are not announced in this file");
        json.WriteEndObject();
    }

    private static void Common(Utf8JsonWriter json, Title? title, string? source, string file, LocalDate? from, LocalDate? to, PolicyEdit? edit)
    {
        json.WriteStartObject("title");
        if (title?.En is { } en) json.WriteString("en", en);
        if (title?.ZhHans is { } hans) json.WriteString("zh-Hans", hans);
        if (title?.ZhHant is { } hant) json.WriteString("zh-Hant", hant);
        json.WriteEndObject();
        json.WriteString("source", source);
        json.WriteString("file", Path.GetFileName(file));
        json.WriteBoolean("shipped", file.StartsWith(PolicyFolder.Shipped, StringComparison.Ordinal));
        if (edit is not null) Who(json, edit);
        Date(json, "from", from);
        Date(json, "to", to);
    }

    internal static void Who(Utf8JsonWriter json, PolicyEdit edit)
    {
        ExplainJson.Time(json, "saved_at", edit.At, DateTimeZone.Utc);
        json.WriteString("saved_by", edit.By);
    }

    private static void Date(Utf8JsonWriter json, string name, LocalDate? date)
    {
        if (date is { } d) json.WriteString(name, LocalDatePattern.Iso.Format(d)); else json.WriteNull(name);
    }

    private static Task Text(HttpContext context)
    {
        var store = Store(context);
        var (kind, name) = ((string)context.Request.RouteValues["kind"]!, (string)context.Request.RouteValues["file"]!);
        context.Response.Headers.CacheControl = "no-store";
        if (store.Edits.FirstOrDefault(e => FolderOf(e.Kind) == kind && PolicyFolder.NameOf(e) == name) is { } saved)
        {
            context.Response.ContentType = Yaml;
            return context.Response.WriteAsync(saved.Text, context.RequestAborted);
        }
        var shelf = store.Standing();
        // Only a file that was read by itself may be shown: the name is compared, never made a path.
        var files = kind == PolicyFolder.Policies ? shelf.Files.Where(f => f.Edit is null).Select(f => f.File)
            : kind == PolicyFolder.Calendars ? shelf.Calendars.Files.Where(f => f.Edit is null).Select(f => f.File) : [];
        if (files.FirstOrDefault(f => Path.GetFileName(f) == name) is not { } file) return new Problem(404, "not_found", "No policy or calendar in force stands in such a file.").WriteAsync(context);
        context.Response.ContentType = Yaml;
        return context.Response.SendFileAsync(file, context.RequestAborted);
    }

    // Who saved what when, and what changed in files by hand, newest first, each with its lines.
    private static Task History(HttpContext context)
    {
        var store = Store(context);
        var (kind, id) = ((string)context.Request.RouteValues["kind"]!, (string)context.Request.RouteValues["id"]!);
        var edits = store.Edits.Where(e => FolderOf(e.Kind) == kind && e.Id == id).ToList();
        var before = store.TextAtStart(kind, id);
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteStartArray("saved");
            for (var i = edits.Count - 1; i >= 0; i--)
            {
                json.WriteStartObject();
                json.WriteNumber("revision", edits[i].Number);
                json.WriteNumber("version", edits[i].Version);
                json.WriteString("file", PolicyFolder.NameOf(edits[i]));
                Who(json, edits[i]);
                Changed(json, i > 0 ? edits[i - 1].Text : before, edits[i].Text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("files");
            foreach (var change in context.RequestServices.GetRequiredService<FileHistory>().Of(kind, id).Reverse())
            {
                json.WriteStartObject();
                json.WriteString("file", change.File);
                ExplainJson.Time(json, "seen_at", change.At, DateTimeZone.Utc);
                json.WriteBoolean("gone", change.Text.Length == 0);
                Changed(json, change.Before, change.Text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static void Changed(Utf8JsonWriter json, string before, string after)
    {
        json.WriteStartArray("changed");
        foreach (var line in LineDiff.Of(before, after))
        {
            json.WriteStartObject();
            json.WriteString("op", line.Added ? "+" : "-");
            json.WriteNumber("line", line.Line);
            json.WriteString("text", line.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private const string Yaml = "application/yaml; charset=utf-8";

    private static PolicyStore Store(HttpContext context) => context.RequestServices.GetRequiredService<PolicyStore>();

    internal static string FolderOf(EditKind kind) => kind switch { EditKind.Calendar => PolicyFolder.Calendars, EditKind.Rules => RuleFile.Folder, _ => PolicyFolder.Policies };

    // The body is the YAML itself; ?kind=calendar for a calendar.
    private static async Task WithDraft(HttpContext context, Func<PolicyTry, Task> answer)
    {
        if (await TextAsync(context) is not { } text) return;
        PolicyTry tried;
        try { tried = Store(context).Try(context.Request.Query["kind"] == "calendar" ? EditKind.Calendar : EditKind.Policy, text, ""); }
        catch (ReferenceDataException fault)
        {
            await Refused(context, fault);
            return;
        }
        await answer(tried);
    }

    /// <returns>null where it cannot be read as text, and that was said</returns>
    internal static async Task<string?> TextAsync(HttpContext context)
    {
        var (body, problem) = await RequestBody.ReadAsync(context);
        if (problem is null && body.Length > MostText) problem = new(413, "body_too_large", "A policy may not be longer than 512 KiB.");
        if (problem is null && !Utf8.IsValid(body.Span)) problem = new(400, "not_utf8", "A policy is UTF-8 text.");
        if (problem is null) return Encoding.UTF8.GetString(body.Span).TrimStart('\uFEFF');
        await problem.WriteAsync(context);
        return null;
    }

    internal static Task Refused(HttpContext context, ReferenceDataException fault) =>
        new Problem(422, "policy_refused", fault.Rule).WriteAsync(context, json =>
        {
            json.WriteString("file", Path.GetFileName(fault.File));
            json.WriteNumber("line", fault.Line);
        });
}
