using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OpsMonitor.Grains.Events;

/// <summary>One way of writing one event, so that the same event sent twice is the same bytes.</summary>
internal static class CanonicalJson
{
    // The bytes go to the journal and to hashes, never into HTML: Chinese stays three bytes a character, not six.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Leading = ["specversion", "id", "source", "type", "time", "subject"];

    /// <summary>The leading attributes in their order, extensions by ordinal name, then data with its keys sorted.</summary>
    public static byte[] Write(JsonElement root, string type, long sequence)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, Options);
        writer.WriteStartObject();
        foreach (var name in Leading) writer.WriteString(name, name == "type" ? type : root.GetProperty(name).GetString());
        foreach (var extension in Sorted(root))
        {
            if (!IsExtension(extension.Name) || extension.Value.ValueKind == JsonValueKind.Null) continue;
            // 5, "5" (binary mode knows only text) and "05" are one sequence and must be one body.
            if (extension.Name == "sequence") writer.WriteNumber("sequence", sequence);
            else { writer.WritePropertyName(extension.Name); Value(writer, extension.Value); }
        }
        if (root.TryGetProperty("data", out var data))
        {
            writer.WritePropertyName("data");
            Value(writer, data);
        }
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Data is always JSON here, so <c>datacontenttype</c> says nothing and would tell the HTTP modes apart.</summary>
    public static bool IsExtension(string name) =>
        name is not ("data" or "datacontenttype") && Array.IndexOf(Leading, name) < 0;

    private static void Value(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var p in Sorted(value)) { writer.WritePropertyName(p.Name); Value(writer, p.Value); }
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
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static List<JsonProperty> Sorted(JsonElement value)
    {
        var list = new List<JsonProperty>();
        foreach (var p in value.EnumerateObject()) list.Add(p);
        list.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return list;
    }
}
