using System.Text.Json;
using OpsMonitor.Grains.Policies;

namespace OpsMonitor.Silo.Local;

/// <summary>A saving as one line of JSON, for frames and snapshots.</summary>
internal static class EditText
{
    public static byte[] Write(PolicyEdit edit)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteNumber("number", edit.Number);
            json.WriteString("kind", Words.Of(edit.Kind));
            json.WriteString("id", edit.Id);
            json.WriteNumber("version", edit.Version);
            json.WriteNumber("at", edit.At);
            json.WriteString("by", edit.By);
            json.WriteString("text", edit.Text);
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static EditKind KindOf(string? word)
    {
        foreach (var kind in Enum.GetValues<EditKind>())
            if (Words.Of(kind) == word) return kind;
        throw new InvalidDataException($"a saving of '{word}' cannot be read");
    }

    /// <exception cref="InvalidDataException">it cannot be read: another version wrote it</exception>
    public static PolicyEdit Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var e = json.RootElement;
            return new(
                e.GetProperty("number").GetInt32(), KindOf(e.GetProperty("kind").GetString()), e.GetProperty("id").GetString()!,
                e.GetProperty("version").GetInt32(), e.GetProperty("at").GetInt64(), e.GetProperty("by").GetString()!, e.GetProperty("text").GetString()!);
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("a saved policy cannot be read", fault);
        }
    }
}
