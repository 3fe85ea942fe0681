using System.Globalization;
using System.Text.Json;
using OpsMonitor.Grains.Events;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Sources;

namespace OpsMonitor.Web.Ingest;

/// <summary>The door for events: reads, offers to the sink, and says of each event what became of it.</summary>
public static class EventEndpoints
{
    /// <summary>Maps POST /api/v1/events. Needs an <see cref="IEventSink"/> and an <see cref="ApiKeyStore"/> among the services.</summary>
    public static IEndpointConventionBuilder MapEvents(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/events", (RequestDelegate)PostAsync).RequireKey(KeyScope.Ingest);

    private static async Task PostAsync(HttpContext context)
    {
        var mode = Incoming.ModeOf(context.Request);
        if (mode == Incoming.Mode.Unknown)
        {
            await new Problem(415, "unsupported_media_type", "Send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce- headers; UTF-8, not compressed.").WriteAsync(context);
            return;
        }
        var (body, problem) = await RequestBody.ReadAsync(context);
        var incoming = problem is null ? Incoming.Read(mode, context.Request, body, out problem) : null;
        if (incoming is null)
        {
            await problem!.WriteAsync(context);
            return;
        }
        OwnSources(incoming.Events, context.KeyOf());
        Remember(context, incoming.Events);
        var good = new List<Event>(incoming.Events.Count);
        foreach (var read in incoming.Events)
            if (read.Event is { } e) good.Add(e);
        var sink = context.RequestServices.GetRequiredService<IEventSink>();
        var answer = good.Count == 0 ? new IngestAnswer(false, false, []) : await sink.OfferAsync(good, context.RequestAborted);
        if (answer.ReadOnly) await new Problem(503, "read_only", "Events cannot be stored at the moment. Send these again: what was kept of them all the same is not counted twice.", "", 5).WriteAsync(context);
        else if (answer.Full) await new Problem(429, "full", "More events arrive than can be stored; none of these was.", "", 1).WriteAsync(context);
        else await AnswerAsync(context, incoming.Batch, Lines(incoming, answer.Verdicts));
    }

    /// <summary>
    /// A key may speak for named sources only, and say what was done with an alert only where it may do it: another event is rejected, the rest
    /// of the batch is not.
    /// </summary>
    private static void OwnSources(List<ReadResult> events, ApiKey key)
    {
        for (var i = 0; i < events.Count; i++)
        {
            if (events[i].Event is not { } e) continue;
            if (!key.MaySpeakFor(e.Source)) events[i] = new EventError("source_not_allowed", "/source", "The key may not speak for this source.", e.Id);
            else if (e.Data is AlertDeed or SilenceDeed or SourceAlarm && !key.Scope.HasFlag(KeyScope.Act)) events[i] = new EventError("scope_missing", "/type", "The key lacks the scope act.", e.Id);
        }
    }

    // A key of one source speaks for it also where what it sent is no event.
    private static void Remember(HttpContext context, List<ReadResult> events)
    {
        if (context.RequestServices.GetService<SourceSamples>() is not { } samples) return;
        foreach (var (e, error) in events)
            if (e is null) samples.Unreadable(context.KeyOf().Sources is [var only] ? only : "key/" + context.KeyOf().Name, error!.Id, error.Code, error.Pointer);
    }

    private readonly record struct Line(string? Id, EventVerdict Verdict);

    /// <summary>Faults found here and verdicts of the sink, merged in the order of the request.</summary>
    private static List<Line> Lines(Incoming incoming, IReadOnlyList<EventVerdict> verdicts)
    {
        var lines = new List<Line>(incoming.Events.Count);
        var next = 0;
        foreach (var (e, error) in incoming.Events)
        {
            var verdict = error is null ? verdicts[next++] : new(EventStatus.Rejected, error.Code, error.Pointer, error.Detail);
            if (verdict.Status == EventStatus.Rejected)
            {
                var at = incoming.Batch ? "/" + lines.Count.ToString(CultureInfo.InvariantCulture) : "";
                verdict = verdict with { Code = verdict.Code ?? "rejected", Pointer = at + verdict.Pointer };
            }
            lines.Add(new(e is null ? error!.Id : e.Id, verdict));
        }
        return lines;
    }

    private static Task AnswerAsync(HttpContext context, bool batch, List<Line> lines)
    {
        if (lines.Count == 0 || lines.Exists(static l => l.Verdict.Status != EventStatus.Rejected))
            return Reply.WriteAsync(context, 200, "application/json", writer => Write(writer, lines));
        var first = lines[0].Verdict;
        var problem = batch && lines.Count > 1
            ? new Problem(400, "all_rejected", "None of the events was accepted.")
            : new Problem(400, first.Code!, first.Detail ?? "The event was rejected.", first.Pointer!);
        return problem.WriteAsync(context, writer => Write(writer, lines));
    }

    private static void Write(Utf8JsonWriter writer, List<Line> lines)
    {
        var (accepted, duplicate) = (0, 0);
        foreach (var line in lines)
        {
            if (line.Verdict.Status == EventStatus.Accepted) accepted++;
            else if (line.Verdict.Status == EventStatus.Duplicate) duplicate++;
        }
        writer.WriteNumber("accepted", accepted);
        writer.WriteNumber("duplicate", duplicate);
        writer.WriteNumber("rejected", lines.Count - accepted - duplicate);
        writer.WriteStartArray("events");
        for (var i = 0; i < lines.Count; i++)
        {
            var (id, verdict) = lines[i];
            writer.WriteStartObject();
            writer.WriteNumber("index", i);
            writer.WriteString("id", id);
            writer.WriteString("status", verdict.Status switch { EventStatus.Accepted => "accepted", EventStatus.Duplicate => "duplicate", _ => "rejected" });
            if (verdict.Status == EventStatus.Rejected)
            {
                writer.WriteString("code", verdict.Code);
                writer.WriteString("pointer", verdict.Pointer);
                if (verdict.Detail is { } detail) writer.WriteString("detail", detail);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
