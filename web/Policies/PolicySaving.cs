using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>
/// PUT of a policy or calendar: read and checked as a whole, dry run, saved. <c>If-Match</c> carries the revision that the writer has seen
/// ("0" for one that stands as the files have it), so that nobody undoes unseen what somebody else saved.
/// </summary>
public static class PolicySaving
{
    public static void MapPolicySaving(this RouteGroupBuilder group)
    {
        group.MapPut("/api/v1/policies/{id}", (RequestDelegate)(c => Save(c, EditKind.Policy)));
        group.MapPut("/api/v1/calendars/{id}", (RequestDelegate)(c => Save(c, EditKind.Calendar)));
    }

    private static async Task Save(HttpContext context, EditKind kind)
    {
        if (await PolicyEndpoints.TextAsync(context) is not { } text) return;
        var key = context.KeyOf();
        var store = context.RequestServices.GetRequiredService<PolicyStore>();
        using var looked = new MemoryStream();
        Problem? problem = null;
        try
        {
            var (saved, end) = await store.SaveAsync(kind, text, $"{key.Name} ({key.Id})", async tried =>
            {
                problem = Against(context, kind, text, tried);
                if (problem is null) await DryRunAsync(store, tried, looked, context.RequestAborted);
                return problem is null;
            }, context.RequestAborted);
            if (saved is not null) await Answer(context, saved, looked);
            else await (problem ?? End(end)).WriteAsync(context);
        }
        catch (ReferenceDataException fault) { await PolicyEndpoints.Refused(context, fault); }
    }

    private static Problem? Against(HttpContext context, EditKind kind, string text, PolicyTry tried)
    {
        if (tried.Edit.Id != (string)context.Request.RouteValues["id"]!) return new(422, "id_differs", "The id in the text is not the one in the address.");
        return Unseen(context, tried) is { } unseen ? unseen : PolicyStore.VersionIn(kind, text) is { } version && version < tried.Edit.Version
            ? new(409, "version_stands", $"This version stands already, and clocks run under it. Save it as version {tried.Edit.Version}.") : null;
    }

    /// <summary>Why a saving does not follow what its writer has seen; null where it does.</summary>
    internal static Problem? Unseen(HttpContext context, PolicyTry tried)
    {
        var match = context.Request.Headers.IfMatch.ToString();
        if (match.Length == 0) return new(428, "if_match_required", "If-Match must name the revision that this follows; 0 for one that was never saved.");
        return match.Trim('"') == tried.Follows.ToString(CultureInfo.InvariantCulture) ? null
            : new(412, "changed_meanwhile", "It was saved meanwhile. Read it again and put your change on top of that.");
    }

    internal static Problem End(SaveEnd end) => end == SaveEnd.Unsupported
        ? new(501, "not_supported", "This host takes policies from its files only.")
        : new(503, "not_saved", "Nothing was saved: something else was saved meanwhile, or the journal cannot be written.", RetryAfterSeconds: 1);

    private static async Task DryRunAsync(PolicyStore store, PolicyTry tried, Stream into, CancellationToken stop)
    {
        var (open, before) = await DryRunJson.OpenAsync(store.Host, stop);
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        DryRunJson.Write(json, open, before, tried.Shelf.Set, store.Host.Now);
        json.WriteEndObject();
    }

    private static Task Answer(HttpContext context, PolicyTry saved, MemoryStream dryRun)
    {
        var edit = saved.Edit;
        context.Response.Headers.ETag = $"\"{edit.Number}\"";
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteString("id", edit.Id);
            json.WriteNumber("version", edit.Version);
            json.WriteNumber("revision", edit.Number);
            PolicyEndpoints.Who(json, edit);
            json.WritePropertyName("dry_run");
            json.WriteRawValue(dryRun.ToArray());
        });
    }
}
