using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Channels;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Duty;

/// <summary>Who is on duty, now or at another time, who comes next, and the plan of the next weeks.</summary>
internal static class DutyEndpoints
{
    private const int MostWeeks = 53;
    private const long WeekMs = 7 * 86_400_000L, ShownMs = 2 * WeekMs;

    public static void MapDuty(this RouteGroupBuilder group)
    {
        group.MapGet("/api/v1/duty", (RequestDelegate)List);
        group.MapGet("/api/v1/duty/{rota}/plan.ics", (RequestDelegate)Plan);
    }

    private static ChannelSettings Settings(HttpContext context) => context.RequestServices.GetRequiredService<ChannelStore>().Current().Settings;

    private static Task List(HttpContext context)
    {
        var (settings, now) = (Settings(context), context.RequestServices.GetRequiredService<IOpsHost>().Now);
        if (context.Request.Query["at"].ToString() is { Length: > 0 } asked && !Rfc3339.TryParse(asked, out now))
            return new Problem(400, "bad_parameter", "'at' is a time of RFC 3339 with an offset.").WriteAsync(context, json => json.WriteString("parameter", "at"));
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteNumber("at", now);
            json.WriteStartArray("rotas");
            foreach (var rota in settings.Rotas)
            {
                json.WriteStartObject();
                json.WriteString("id", rota.Plan.Id);
                json.WriteString("name", rota.Name);
                json.WriteString("zone", rota.Plan.Zone.Id);
                Texts(json, "levels", rota.Levels);
                Texts(json, "departments", rota.Departments);
                One(json, "on_duty", rota.Plan.At(now), settings);
                One(json, "next", rota.Plan.After(now), settings);
                json.WriteStartArray("plan");
                foreach (var duty in rota.Plan.Between(now, now + ShownMs)) Write(json, duty, settings);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static Task Plan(HttpContext context)
    {
        var (settings, now) = (Settings(context), context.RequestServices.GetRequiredService<IOpsHost>().Now);
        var id = (string)context.Request.RouteValues["rota"]!;
        if (settings.Rotas.FirstOrDefault(r => r.Plan.Id == id) is not { } rota) return new Problem(404, "no_such_rota", "No rota has this id.").WriteAsync(context);
        var weeks = 8;
        if (context.Request.Query["weeks"].ToString() is { Length: > 0 } asked
            && !(int.TryParse(asked, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out weeks) && weeks is >= 1 and <= MostWeeks))
            return new Problem(400, "bad_parameter", $"'weeks' is a whole number from 1 to {MostWeeks}.").WriteAsync(context, json => json.WriteString("parameter", "weeks"));
        // From a whole day on, so that what goes on now is not cut at another instant in every export.
        var from = (now - WeekMs) / 86_400_000 * 86_400_000;
        context.Response.ContentType = "text/calendar; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{id}.ics\""; // an id is letters, digits, '-', '_' and '.'
        return context.Response.WriteAsync(IcsPlan.Write(rota, rota.Plan.Between(from, now + (weeks * WeekMs)), p => NameOf(settings, p), now), context.RequestAborted);
    }

    private static string NameOf(ChannelSettings settings, string person) => settings.Contacts.FirstOrDefault(c => c.Id == person)?.Name ?? person;

    private static void One(Utf8JsonWriter json, string name, OnDuty? duty, ChannelSettings settings)
    {
        json.WritePropertyName(name);
        if (duty is null) json.WriteNullValue(); else Write(json, duty, settings);
    }

    private static void Write(Utf8JsonWriter json, OnDuty duty, ChannelSettings settings)
    {
        json.WriteStartObject();
        json.WriteString("person", duty.Person);
        json.WriteString("name", NameOf(settings, duty.Person));
        json.WriteNumber("from", duty.From);
        json.WriteNumber("until", duty.To);
        json.WriteBoolean("stands_in", duty.StandsIn);
        json.WriteString("reason", duty.Reason);
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
