using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using NodaTime;
using NodaTime.Text;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Policies;

/// <summary>Where the server's policies come from.</summary>
public sealed record PolicySource(string? Folder, ReferenceData Reference);

/// <summary>The policies and calendars in force, their text, and what a draft of one would change. Nothing here changes a clock.</summary>
public static class PolicyEndpoints
{
    private const int MostText = 512 * 1024;

    public static void MapPolicies(this RouteGroupBuilder group)
    {
        group.MapGet("/api/v1/policies", (RequestDelegate)List);
        group.MapGet("/api/v1/policies/{kind}/{file}", (RequestDelegate)Text);
        group.MapPost("/api/v1/policies/validate", (RequestDelegate)(c => WithDraft(c, _ => Reply.WriteAsync(c, 200, "application/json", json => json.WriteBoolean("valid", true)))));
        group.MapPost("/api/v1/policies/dry-run", (RequestDelegate)(c => WithDraft(c, shelf => DryRunOf(c, shelf))));
    }

    private static async Task DryRunOf(HttpContext context, PolicyShelf shelf)
    {
        var host = context.RequestServices.GetRequiredService<IOpsHost>();
        var (open, before) = await DryRunJson.OpenAsync(host, context.RequestAborted);
        await Reply.WriteAsync(context, 200, "application/json", json => DryRunJson.Write(json, open, before, shelf.Set, host.Now));
    }

    private static Task List(HttpContext context)
    {
        var source = context.RequestServices.GetRequiredService<PolicySource>();
        var shelf = PolicyFolder.Read(source.Folder, source.Reference);
        var today = Instant.FromUnixTimeMilliseconds(context.RequestServices.GetRequiredService<IOpsHost>().Now).InUtc().Date;
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteStartArray("policies");
            foreach (var file in shelf.Files.OrderBy(f => f.Policy.Id, StringComparer.Ordinal).ThenBy(f => f.Policy.Version)) Write(json, file);
            json.WriteEndArray();
            json.WriteStartArray("calendars");
            foreach (var file in shelf.Calendars.Files.OrderBy(f => f.Id, StringComparer.Ordinal).ThenBy(f => f.File, StringComparer.Ordinal)) Write(json, file, today);
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, PolicyFile file)
    {
        var policy = file.Policy;
        json.WriteStartObject();
        json.WriteString("id", policy.Id);
        json.WriteNumber("version", policy.Version);
        Common(json, file.Title, file.Source, file.File, policy.From, policy.To);
        json.WriteString("calendar", policy.Calendar?.Id);
        json.WriteString("applies_when", policy.AppliesWhen.ToString());
        json.WriteNumber("priority", policy.Priority);
        json.WriteStartArray("clocks");
        foreach (var clock in policy.Clocks) json.WriteStringValue(clock.Id);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, CalendarFile file, LocalDate today)
    {
        json.WriteStartObject();
        json.WriteString("id", file.Id);
        Common(json, file.Title, file.Source, file.File, file.Days.From, file.Days.To);
        json.WriteString("time_zone", file.Zone.Id);
        Date(json, "announced_until", file.AnnouncedUntil);
        // Ninety days ahead: long enough to get the new year's list.
        if (file.AnnouncedUntil is { } until && until < today.PlusDays(90)) json.WriteString("warning", $"holidays after {LocalDatePattern.Iso.Format(until)} are not announced in this file");
        json.WriteEndObject();
    }

    private static void Common(Utf8JsonWriter json, Title? title, string? source, string file, LocalDate? from, LocalDate? to)
    {
        json.WriteStartObject("title");
        if (title?.En is { } en) json.WriteString("en", en);
        if (title?.ZhHans is { } hans) json.WriteString("zh-Hans", hans);
        if (title?.ZhHant is { } hant) json.WriteString("zh-Hant", hant);
        json.WriteEndObject();
        json.WriteString("source", source);
        json.WriteString("file", Path.GetFileName(file));
        json.WriteBoolean("shipped", file.StartsWith(PolicyFolder.Shipped, StringComparison.Ordinal));
        Date(json, "from", from);
        Date(json, "to", to);
    }

    private static void Date(Utf8JsonWriter json, string name, LocalDate? date)
    {
        if (date is { } d) json.WriteString(name, LocalDatePattern.Iso.Format(d)); else json.WriteNull(name);
    }

    private static Task Text(HttpContext context)
    {
        var source = context.RequestServices.GetRequiredService<PolicySource>();
        var (kind, name) = ((string)context.Request.RouteValues["kind"]!, (string)context.Request.RouteValues["file"]!);
        var shelf = PolicyFolder.Read(source.Folder, source.Reference);
        // Only a file that was read by itself may be shown: the name is compared, never made a path.
        var files = kind == PolicyFolder.Policies ? shelf.Files.Select(f => f.File) : kind == PolicyFolder.Calendars ? shelf.Calendars.Files.Select(f => f.File) : [];
        if (files.FirstOrDefault(f => Path.GetFileName(f) == name) is not { } file) return new Problem(404, "not_found", "No policy or calendar in force stands in such a file.").WriteAsync(context);
        context.Response.ContentType = "application/yaml; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.SendFileAsync(file, context.RequestAborted);
    }

    // The body is the YAML itself; ?kind=calendar for a calendar.
    private static async Task WithDraft(HttpContext context, Func<PolicyShelf, Task> answer)
    {
        var (body, problem) = await RequestBody.ReadAsync(context);
        if (problem is null && body.Length > MostText) problem = new(413, "body_too_large", "A policy may not be longer than 512 KiB.");
        if (problem is null && !Utf8.IsValid(body.Span)) problem = new(400, "not_utf8", "A policy is UTF-8 text.");
        if (problem is not null) { await problem.WriteAsync(context); return; }
        var text = Encoding.UTF8.GetString(body.Span).TrimStart('\uFEFF');
        var source = context.RequestServices.GetRequiredService<PolicySource>();
        PolicyShelf shelf;
        try { shelf = PolicyFolder.Read(source.Folder, source.Reference, new(context.Request.Query["kind"] == "calendar", text)); }
        catch (ReferenceDataException fault)
        {
            await new Problem(422, "policy_refused", fault.Rule).WriteAsync(context, json =>
            {
                json.WriteString("file", Path.GetFileName(fault.File));
                json.WriteNumber("line", fault.Line);
            });
            return;
        }
        await answer(shelf);
    }
}
