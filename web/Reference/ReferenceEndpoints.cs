using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Read;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Reference;

/// <summary>The lists of an installation over HTTP: read, also as of then; put whole as YAML, checked whole, tried before it is saved. (docs: reference)</summary>
public static class ReferenceEndpoints
{
    private static readonly Problem NoSuchKind = new(404, "no_such_list", "The lists are agents, categories, customers, departments and queues.");

    public static void MapReference(this RouteGroupBuilder group)
    {
        group.MapGet("/api/v1/reference/{kind}", (RequestDelegate)(c => Guarded(c, List)));
        group.MapGet("/api/v1/reference/{kind}/{id}", (RequestDelegate)(c => Guarded(c, One)));
    }

    public static void MapReferenceSaving(this RouteGroupBuilder group) => group.MapPut("/api/v1/reference/{kind}", (RequestDelegate)(c => Guarded(c, Put)));

    private static async Task Guarded(HttpContext context, Func<HttpContext, string, Task> answer)
    {
        var kind = (string)context.Request.RouteValues["kind"]!;
        try { await (ReferenceKinds.All.Contains(kind) ? answer(context, kind) : NoSuchKind.WriteAsync(context)); }
        catch (QueryException fault) { await fault.WriteAsync(context); }
    }

    private static Task List(HttpContext context, string kind)
    {
        var query = new Query(context.Request.Query, "format", "at");
        var store = context.RequestServices.GetRequiredService<ReferenceStore>();
        context.Response.Headers.ETag = $"\"{store.RevisionOf(kind)}\"";
        if (query.Text("format") is "yaml")
        {
            (context.Response.ContentType, context.Response.Headers.CacheControl) = ("text/yaml; charset=utf-8", "no-store");
            return context.Response.WriteAsync(store.TextOf(kind), context.RequestAborted);
        }
        var at = At(query);
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteString("kind", kind);
            json.WriteNumber("revision", store.RevisionOf(kind));
            json.WriteStartArray("entries");
            foreach (var entry in ReferenceKinds.Entries(kind, store.Current))
            {
                json.WriteStartObject();
                Write(json, entry, at is { } then ? store.TitleAt(kind, entry.Id, then) : entry.Title);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static Task One(HttpContext context, string kind)
    {
        var at = At(new Query(context.Request.Query, "at"));
        var store = context.RequestServices.GetRequiredService<ReferenceStore>();
        var id = ((string)context.Request.RouteValues["id"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (ReferenceKinds.Entries(kind, store.Current).FirstOrDefault(e => e.Id == id) is not { } entry)
            return new Problem(404, "no_such_entry", "The list has no entry of this id.").WriteAsync(context);
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            Write(json, entry, at is { } then ? store.TitleAt(kind, id, then) : entry.Title);
            json.WriteStartArray("names");
            foreach (var name in store.NamesOf(kind, id))
            {
                json.WriteStartObject();
                RowJson.WriteTime(json, "from", name.From);
                json.WriteString("by", name.By);
                WriteTitle(json, name.Title);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static async Task Put(HttpContext context, string kind)
    {
        var dry = new Query(context.Request.Query, "dry_run").Text("dry_run") switch
        {
            null or "false" => false, "true" => true,
            _ => throw new QueryException("dry_run", "bad_dry_run", "It is true or false."),
        };
        if (await PolicyEndpoints.TextAsync(context) is not { } text) return;
        var (store, host) = (context.RequestServices.GetRequiredService<ReferenceStore>(), context.RequestServices.GetRequiredService<IOpsHost>());
        var match = context.Request.Headers.IfMatch.ToString().Trim('"');
        var revision = store.RevisionOf(kind);
        if (!dry && match.Length == 0) { await new Problem(428, "if_match_required", "If-Match must name the revision that this follows.").WriteAsync(context); return; }
        try
        {
            var edits = host.Read(static tally => tally.Edits);
            var calendars = context.RequestServices.GetRequiredService<StartState>().With(edits).Calendars.ById.Keys.ToHashSet(StringComparer.Ordinal);
            var diff = store.Try(kind, text, calendars);
            if (!dry)
            {
                var key = context.KeyOf();
                if (match != revision.ToString(CultureInfo.InvariantCulture) || !store.Save(kind, text, $"{key.Name} ({key.Id})", host.Now, revision, calendars))
                {
                    await new Problem(412, "changed_meanwhile", "It was saved meanwhile. Read it again and put your change on top of that.").WriteAsync(context);
                    return;
                }
            }
            context.Response.Headers.ETag = $"\"{store.RevisionOf(kind)}\"";
            await Reply.WriteAsync(context, 200, "application/json", json => Write(json, diff, dry, store.RevisionOf(kind)));
        }
        catch (ReferenceDataException fault)
        {
            await new Problem(422, "reference_refused", fault.Rule).WriteAsync(context, json =>
            {
                json.WriteString("file", Path.GetFileName(fault.File));
                json.WriteNumber("line", fault.Line);
            });
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            await new Problem(503, "not_saved", "Nothing was saved: the data folder cannot be written.", RetryAfterSeconds: 5).WriteAsync(context);
        }
    }

    private static void Write(Utf8JsonWriter json, ReferenceDiff diff, bool dry, int revision)
    {
        json.WriteBoolean("saved", !dry);
        json.WriteNumber("revision", revision);
        foreach (var (name, ids) in new[] { ("added", diff.Added), ("renamed", diff.Renamed), ("changed", diff.Changed) })
        {
            json.WriteStartArray(name);
            foreach (var id in ids) json.WriteStringValue(id);
            json.WriteEndArray();
        }
        json.WriteBoolean("judged_from_next_start", diff.NextStart);
    }

    private static void Write(Utf8JsonWriter json, ReferenceEntry entry, Title? title)
    {
        json.WriteString("id", entry.Id);
        WriteTitle(json, title);
        foreach (var (name, value) in entry.Fields) json.WriteString(name, value);
    }

    private static void WriteTitle(Utf8JsonWriter json, Title? title)
    {
        if (title is null) { json.WriteNull("title"); return; }
        json.WriteStartObject("title");
        foreach (var (language, text) in new[] { ("en", title.En), ("zh-Hans", title.ZhHans), ("zh-Hant", title.ZhHant) })
            if (text is not null) json.WriteString(language, text);
        json.WriteEndObject();
    }

    private static long? At(Query query) => query.Text("at") is not { } text ? null
        : Rfc3339.TryParse(text.Replace(' ', '+'), out var at) ? at : throw new QueryException("at", "bad_time", "A time is RFC 3339 with an offset.");
}
