using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpsMonitor.Grains.Events;

/// <summary>One way of writing one event, so that the same event sent twice is the same bytes.</summary>
internal static class CanonicalJson
{
    // The bytes go to the journal and to hashes, never into HTML: Chinese stays three bytes a character, not six.
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    private static readonly JsonWriterOptions Options = new() { Encoder = Encoder };
    private const int LargestKept = 64 * 1024;
    private static readonly string[] Leading = ["specversion", "id", "source", "type", "time", "subject"];

    // One per thread: a writer and its buffer cost more than the event they write.
    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Buffer, Utf8JsonWriter Writer)? _own;

    /// <summary>The leading attributes in their order, extensions by ordinal name, then data with its keys sorted.</summary>
    public static byte[] Write(JsonElement root, string type, long sequence)
    {
        if (_own is not { } own)
        {
            var bytes = new ArrayBufferWriter<byte>(1024);
            _own = own = (bytes, new Utf8JsonWriter(bytes, Options));
        }
        own.Buffer.ResetWrittenCount();
        own.Writer.Reset();
        Event(own.Writer, root, type, sequence);
        own.Writer.Flush();
        var written = own.Buffer.WrittenSpan.ToArray();
        if (own.Buffer.Capacity > LargestKept) _own = null; // one huge event must not be remembered by every thread
        return written;
    }

    /// <summary>Data is always JSON here, so <c>datacontenttype</c> says nothing and would tell the HTTP modes apart.</summary>
    public static bool IsExtension(JsonProperty property) =>
        !property.NameEquals("data"u8) && !property.NameEquals("datacontenttype"u8) && !IsLeading(property);

    private static bool IsLeading(JsonProperty property)
    {
        foreach (var name in Leading)
            if (property.NameEquals(name)) return true;
        return false;
    }

    private static void Event(Utf8JsonWriter writer, JsonElement root, string type, long sequence)
    {
        writer.WriteStartObject();
        foreach (var name in Leading)
        {
            writer.WritePropertyName(name);
            if (name == "type") writer.WriteStringValue(type); else Text(writer, root.GetProperty(name));
        }
        foreach (var extension in Extensions(root))
        {
            if (extension.Value.ValueKind == JsonValueKind.Null) continue;
            // 5, "5" (binary mode knows only text) and "05" are one sequence and must be one body.
            if (extension.NameEquals("sequence"u8)) writer.WriteNumber("sequence", sequence);
            else { writer.WritePropertyName(extension.Name); Value(writer, extension.Value); }
        }
        if (root.TryGetProperty("data", out var data))
        {
            writer.WritePropertyName("data");
            Value(writer, data);
        }
        writer.WriteEndObject();
    }

    private static void Value(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                if (IsSorted(value)) foreach (var p in value.EnumerateObject()) Property(writer, p);
                else foreach (var p in Sorted(value.EnumerateObject())) Property(writer, p);
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Value(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Number: // as sent: no rounding on the way to the journal
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                break;
            case JsonValueKind.String:
                Text(writer, value);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void Property(Utf8JsonWriter writer, JsonProperty property)
    {
        var name = JsonMarshal.GetRawUtf8PropertyName(property);
        if (name.Contains((byte)'\\')) writer.WritePropertyName(property.Name); else writer.WritePropertyName(name);
        Value(writer, property.Value);
    }

    // Text without an escape is written from its bytes: no string is made of it.
    private static void Text(Utf8JsonWriter writer, JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (raw.Contains((byte)'\\')) writer.WriteStringValue(value.GetString()); else writer.WriteStringValue(raw[1..^1]);
    }

    private static IReadOnlyList<JsonProperty> Extensions(JsonElement root)
    {
        List<JsonProperty>? list = null;
        foreach (var p in root.EnumerateObject())
            if (IsExtension(p)) (list ??= []).Add(p);
        list?.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return list ?? (IReadOnlyList<JsonProperty>)[];
    }

    private static bool IsSorted(JsonElement value)
    {
        ReadOnlySpan<byte> before = default;
        foreach (var p in value.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(p);
            // Bytes order as ordinal text does in ASCII only; the rest is left to the slower way.
            if (name.Contains((byte)'\\') || !Ascii.IsValid(name) || before.SequenceCompareTo(name) > 0) return false;
            before = name;
        }
        return true;
    }

    private static List<JsonProperty> Sorted(JsonElement.ObjectEnumerator properties)
    {
        var list = new List<JsonProperty>(8);
        foreach (var p in properties) list.Add(p);
        list.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return list;
    }
}
