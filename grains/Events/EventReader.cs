using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OpsMonitor.Grains.Events;

/// <summary>
/// Reads one structured CloudEvent. Pure: no clock, so whether a time is too old or in the future is for the caller to judge.
/// Never throws for what a sender wrote. Codes: malformed_json, duplicate_key, not_an_object, missing_attribute, bad_attribute,
/// wrong_specversion, bad_time, bad_subject, subject_mismatch, bad_sequence, bad_data, too_large (64 KiB), too_deep (32). (spec: events)
/// </summary>
public static class EventReader
{
    internal const int MaxId = 256, MaxSource = 1024, MaxType = 256, MaxSubject = 300;
    private const string Prefix = "opsmonitor.";

    /// <summary>What may have a history, and what it is among subjects.</summary>
    internal static readonly (string Name, SubjectKind Kind)[] SubjectKinds = Array.ConvertAll(
        (string[])["ticket", "contact", "callback", "agent", "survey", "source", "rule", "accountability", "improvement", "watch", "silence"],
        static name => (name, Subject.Parse(name + "/").Kind));

    public static ReadResult Read(ReadOnlyMemory<byte> structuredJson)
    {
        var length = 0;
        var plain = structuredJson.Length > EventShape.MaxBytes ? null : ReadPlain(structuredJson.Span, out length);
        return plain is not null && (length == structuredJson.Length || structuredJson.Span[length..].IndexOfAnyExcept(" \n\r\t"u8) < 0) ? plain : ReadCarefully(structuredJson);
    }

    /// <summary>
    /// Reads an event at the beginning of longer bytes, if it is as machines write them: no escapes, no faults, nothing deep. Null says nothing
    /// about it: <see cref="Read(ReadOnlyMemory{byte})"/> does.
    /// </summary>
    /// <param name="length">of the event, in bytes</param>
    public static Event? ReadPlain(ReadOnlySpan<byte> json, out int length) => PlainEvent.TryRead(json, out length);

    /// <summary>All the rules, and the faults by name. <see cref="Read(ReadOnlyMemory{byte})"/> gives the same, and sooner where the event is plain.</summary>
    public static ReadResult ReadCarefully(ReadOnlyMemory<byte> structuredJson)
    {
        using var document = EventShape.Parse(structuredJson, out var error);
        return document is null ? error! : Envelope(document.RootElement);
    }

    /// <summary>As for bytes: an element of a document that was parsed more loosely gets the same checks.</summary>
    public static ReadResult Read(JsonElement element) => Read(JsonMarshal.GetRawUtf8Value(element).ToArray());

    private static ReadResult Envelope(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) return new EventError("not_an_object", "", "An event is a JSON object.", null);
        var safeId = root.TryGetProperty("id", out var sent) && sent.ValueKind == JsonValueKind.String && sent.GetString() is { } own && Clean(own, MaxId) ? own : null;

        if (Attribute(root, "specversion", MaxType, safeId, out var version) is { } e1) return e1;
        if (version != "1.0") return new EventError("wrong_specversion", "/specversion", "Only CloudEvents 1.0 is read.", safeId);
        if (Attribute(root, "id", MaxId, safeId, out var id) is { } e2) return e2;
        if (Attribute(root, "source", MaxSource, safeId, out var source) is { } e3) return e3;
        if (Attribute(root, "type", MaxType, safeId, out var type) is { } e4) return e4;
        while (type.StartsWith(Prefix, StringComparison.Ordinal)) type = type[Prefix.Length..];
        if (type.Length == 0) return new EventError("bad_attribute", "/type", "The type has no name.", safeId);
        type = EventTypes.Interned(type);
        if (Required(root, "time", safeId, out var time) is { } e5) return e5;
        if (time.ValueKind != JsonValueKind.String || !Rfc3339.TryParse(time.GetString(), out var at))
            return new EventError("bad_time", "/time", "The time must be RFC 3339 with an offset.", safeId);
        if (Required(root, "subject", safeId, out var subjectSent) is { } e6) return e6;
        if (Subjects(subjectSent, type, safeId, out var subject) is { } e7) return e7;
        if (Extensions(root, safeId, out var sequence) is { } e8) return e8;
        if (Data(root, safeId, out var data) is { } e9) return e9;
        if (Department(root, data, safeId, out var department) is { } e10 && (EventTypes.All.ContainsKey(type) || e10.Pointer == "/departmentid"))
            return e10; // data of a type that is not ours may call anything a department_id
        var record = DataReader.Read(type, data, safeId, out var bad);
        if (bad is not null) return bad;
        return new Event(source, id, type, at, subject, sequence, department, record, CanonicalJson.Write(root, type, sequence));
    }

    private static EventError? Required(JsonElement root, string name, string? id, out JsonElement value) =>
        root.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null
            ? null : new("missing_attribute", "/" + name, "The attribute is required.", id);

    private static EventError? Attribute(JsonElement root, string name, int max, string? id, out string text)
    {
        text = "";
        if (Required(root, name, id, out var value) is { } missing) return missing;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } sent && Clean(sent, max))
        {
            text = sent;
            return null;
        }
        return new("bad_attribute", "/" + name, $"The attribute must be text of 1 to {max.ToString(CultureInfo.InvariantCulture)} characters, none of them a control character.", id);
    }

    private static EventError? Subjects(JsonElement sent, string type, string? id, out Subject subject)
    {
        subject = default;
        var text = sent.ValueKind == JsonValueKind.String ? sent.GetString()! : "";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var kind = slash < 0 ? "" : text[..slash];
        if (!Clean(text, MaxSubject) || !Clean(text[(slash + 1)..], MaxId) || !Array.Exists(SubjectKinds, k => k.Name == kind))
            return new("bad_subject", "/subject", "The subject must be a known kind, a slash, and an id of 1 to 256 characters, none of them a control character.", id);
        // A type that is not ours may be about anything, and so may an alert.
        if (EventTypes.All.ContainsKey(type) && !type.StartsWith(AlertDeed.TypePrefix, StringComparison.Ordinal) && type[..type.IndexOf('.', StringComparison.Ordinal)] != kind)
            return new("subject_mismatch", "/subject", "The subject is of another kind than the type.", id);
        subject = Subject.Parse(text);
        return null;
    }

    private static EventError? Extensions(JsonElement root, string? id, out long sequence)
    {
        sequence = -1;
        foreach (var p in root.EnumerateObject())
        {
            if (p.NameEquals("data_base64"u8)) return new("bad_data", "/data_base64", "Data must be a JSON object in data.", id);
            if (p.NameEquals("sequence"u8) && p.Value.ValueKind != JsonValueKind.Null && !Sequence(p.Value, out sequence))
                return new("bad_sequence", "/sequence", "The sequence must be a whole number from 0, as a number or as digits.", id);
            if (p.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array && CanonicalJson.IsExtension(p))
                return new("bad_attribute", p.Name.Length > 128 ? "" : "/" + JsonPointer.Escape(p.Name), "An extension is text, a number or a boolean.", id);
        }
        return null;
    }

    private static bool Sequence(JsonElement value, out long sequence)
    {
        sequence = -1;
        var parsed = value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetInt64(out sequence),
            JsonValueKind.String => long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out sequence),
            _ => false,
        };
        return parsed && sequence >= 0;
    }

    private static EventError? Data(JsonElement root, string? id, out JsonElement? data)
    {
        data = null;
        if (!root.TryGetProperty("data", out var value)) return null;
        if (value.ValueKind != JsonValueKind.Object) return new("bad_data", "/data", "Data must be a JSON object.", id);
        data = value;
        return null;
    }

    private static EventError? Department(JsonElement root, JsonElement? data, string? id, out string? department)
    {
        department = null;
        var inData = data is { } d && d.TryGetProperty("department_id", out var own) && own.ValueKind != JsonValueKind.Null ? own : (JsonElement?)null;
        var extension = root.TryGetProperty("departmentid", out var e) && e.ValueKind != JsonValueKind.Null ? e : (JsonElement?)null;
        if ((inData ?? extension) is not { } sent) return null;
        if (sent.ValueKind == JsonValueKind.String && sent.GetString() is { } named && Clean(named, MaxId))
        {
            department = named;
            return null;
        }
        const string detail = "A department id is text of 1 to 256 characters, none of them a control character.";
        return inData is null ? new("bad_attribute", "/departmentid", detail, id) : new("bad_data", "/data/department_id", detail, id);
    }

    private static bool Clean(string text, int max)
    {
        if (text.Length == 0 || text.Length > max) return false;
        foreach (var c in text)
            if (char.IsControl(c)) return false;
        return true;
    }
}
