using System.Buffers;
using System.Net.Mime;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Net.Http.Headers;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Ingest;

/// <summary>A request's events, read one by one, in the three HTTP modes of CloudEvents.</summary>
internal sealed record Incoming(bool Batch, List<ReadResult> Events)
{
    /// <summary>Events of one request; a larger batch is refused whole.</summary>
    public const int MaxBatch = 500;

    private static readonly JsonReaderOptions Loose = new() { MaxDepth = int.MaxValue };

    public enum Mode { Unknown, Structured, Batched, Binary }

    public static Mode ModeOf(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0 || !MediaTypeHeaderValue.TryParse(request.ContentType, out var type)) return Mode.Unknown;
        if (type.Charset.HasValue && !type.Charset.Value!.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)) return Mode.Unknown;
        if (type.MediaType.Equals("application/cloudevents+json", StringComparison.OrdinalIgnoreCase)) return Mode.Structured;
        if (type.MediaType.Equals("application/cloudevents-batch+json", StringComparison.OrdinalIgnoreCase)) return Mode.Batched;
        var json = type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase);
        return json && request.Headers.Keys.Any(IsAttribute) ? Mode.Binary : Mode.Unknown;
    }

    public static Incoming? Read(Mode mode, HttpRequest request, ReadOnlyMemory<byte> body, out Problem? problem)
    {
        problem = null;
        if (mode == Mode.Batched) return Split(body, out problem);
        return new(false, [mode == Mode.Structured ? EventReader.Read(body) : Binary(request.Headers, body)]);
    }

    /// <summary>
    /// Reads a batch event by event, so that a fault in one of them is the fault of that one only. What is no array of JSON values is refused as a
    /// whole; a plain event is read where it is found, any other is first cut out.
    /// </summary>
    private static Incoming? Split(ReadOnlyMemory<byte> body, out Problem? problem)
    {
        var json = body.Span;
        var events = new List<ReadResult>();
        try
        {
            var at = Start(json, out problem);
            for (var more = problem is null; more;)
            {
                at += Space(json[at..]);
                if (events.Count == 0 && At(json, at) == ']') break;
                if (EventReader.ReadPlain(json[at..], out var length) is { } plain) events.Add(plain);
                else
                {
                    length = Cut(json[at..]);
                    events.Add(EventReader.Read(body.Slice(at, length)));
                }
                if (events.Count > MaxBatch)
                {
                    problem = new(413, "batch_too_large", "A batch has at most 500 events.");
                    return null;
                }
                at += length;
                at += Space(json[at..]);
                more = At(json, at) == ',';
                if (more) at++; else if (At(json, at) != ']') throw new JsonException();
            }
            if (problem is null && at + 1 + Space(json[(at + 1)..]) != json.Length) throw new JsonException(); // something follows the array
        }
        catch (JsonException)
        {
            problem = new(400, "malformed_json", "The batch is not well-formed JSON.");
        }
        return problem is null ? new(true, events) : null;
    }

    /// <returns>the place behind the bracket</returns>
    private static int Start(ReadOnlySpan<byte> json, out Problem? problem)
    {
        var reader = new Utf8JsonReader(json, Loose);
        reader.Read();
        problem = reader.TokenType == JsonTokenType.StartArray ? null : new(400, "not_an_array", "A batch is a JSON array of events.");
        return (int)reader.BytesConsumed;
    }

    /// <returns>the length of the JSON value at the beginning</returns>
    private static int Cut(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Loose);
        reader.Read();
        reader.Skip();
        return (int)reader.BytesConsumed;
    }

    private static int Space(ReadOnlySpan<byte> json) => json.IndexOfAnyExcept(" \n\r\t"u8) is var at and >= 0 ? at : json.Length;

    private static int At(ReadOnlySpan<byte> json, int at) => at < json.Length ? json[at] : -1;

    /// <summary>Binary mode: attributes from ce-* headers, the body is data. Rewritten as structured so that one reader judges both.</summary>
    private static ReadResult Binary(IHeaderDictionary headers, ReadOnlyMemory<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length + 512);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var (header, values) in headers)
        {
            if (!IsAttribute(header)) continue;
            var name = header[3..].ToLowerInvariant();
            if (values.Count != 1 || HeaderText.Decode(values[0] ?? "") is not { } text)
                return new EventError("bad_attribute", "/" + name, "The header must be sent once, as percent-encoded UTF-8.", null);
            writer.WriteString(name, text);
        }
        try
        {
            if (!Utf8.IsValid(body.Span)) return new EventError("malformed_json", "/data", "The body is not valid UTF-8.", null);
            writer.WritePropertyName("data");
            writer.WriteRawValue(body.Span); // validates: a body cannot close the object and add attributes of its own
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return new EventError("malformed_json", "/data", "The body is not well-formed JSON.", null);
        }
        writer.WriteEndObject();
        writer.Flush();
        return EventReader.Read(buffer.WrittenMemory);
    }

    private static bool IsAttribute(string header) => header.Length > 3 && header.StartsWith("ce-", StringComparison.OrdinalIgnoreCase);
}
