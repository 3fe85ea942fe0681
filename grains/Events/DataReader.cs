using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OpsMonitor.Grains.Events;

/// <summary>Reads <c>data</c> into the record of its type, and names the field where it cannot.</summary>
internal static class DataReader
{
    private static readonly string[] Times = ["due_at", "received_at", "window_start", "window_end", "started_at", "next_update_at", "until"];
    private static readonly JsonElement Empty = JsonDocument.Parse("{}"u8.ToArray()).RootElement;
    private static readonly SortedDictionary<string, Shape> Shapes = Build();

    /// <summary>What a record asks of its fields beyond what the serializer enforces by name.</summary>
    private sealed record Shape(JsonTypeInfo Record, List<string> Required, List<(string Name, HashSet<string> Words)> Lists, List<string> Texts);

    /// <summary>Null data and no error for a type outside the vocabulary.</summary>
    public static EventData? Read(string type, JsonElement? sent, string? id, out EventError? error)
    {
        error = null;
        if (!Shapes.TryGetValue(type, out var shape)) return null;
        var data = sent ?? Empty;
        error = Fields(shape, data, id) ?? When(type, data, id);
        if (error is not null) return null;
        try
        {
            return (EventData?)data.Deserialize(shape.Record);
        }
        catch (JsonException e)
        {
            error = Bad(JsonPointer.FromPath(e.Path), "The field is missing or has the wrong type.", id);
            return null;
        }
    }

    /// <summary>The fields of a type's record in the order of its constructor, then the instants that are checked in any data; and which are instants.</summary>
    public static (List<string> Names, List<bool> Instants) FieldsOf(string type)
    {
        var properties = Shapes[type].Record.Properties;
        var names = new string[properties.Count];
        foreach (var p in properties) names[p.AssociatedParameter!.Position] = p.Name;
        List<string> all = [.. names];
        foreach (var time in Times)
            if (!all.Contains(time)) all.Add(time);
        return (all, all.ConvertAll(static name => Array.IndexOf(Times, name) >= 0));
    }

    private static EventError? Fields(Shape shape, JsonElement data, string? id)
    {
        foreach (var name in shape.Required)
        {
            if (!data.TryGetProperty(name, out var value)) return Bad($"/{name}", "The field is required.", id);
            if (value.ValueKind == JsonValueKind.Null) return Bad($"/{name}", "The field is required and must not be null.", id);
        }
        // The serializer would take "phone,chat" for a set of flags, and other cases and spaces for the word.
        foreach (var (name, words) in shape.Lists)
            if (data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && !words.Contains(value.GetString()!))
                return Bad($"/{name}", "The value is not one of the field's closed list.", id);
        // It checks null for a field, not for the items of a list.
        foreach (var name in shape.Texts)
        {
            if (!data.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Array) continue;
            var i = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.String) return Bad($"/{name}/{i}", "The list holds only text.", id);
                i++;
            }
        }
        return null;
    }

    private static EventError? When(string type, JsonElement data, string? id)
    {
        foreach (var name in Times)
            if (Has(data, name, out var value) && !(value.ValueKind == JsonValueKind.String && Rfc3339.TryParse(value.GetString(), out _)))
                return Bad($"/{name}", "The field must be an RFC 3339 time with an offset.", id);
        if (type != "callback.promised" || Has(data, "due_at", out _)) return null;
        if (!Has(data, "window_start", out _))
            return Bad(Has(data, "window_end", out _) ? "/window_start" : "/due_at", "A promise needs due_at, or window_start and window_end.", id);
        return Has(data, "window_end", out _) ? null : Bad("/window_end", "A promise needs due_at, or window_start and window_end.", id);
    }

    private static bool Has(JsonElement data, string name, out JsonElement value) =>
        data.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    private static EventError Bad(string field, string detail, string? id) => new("bad_data", "/data" + field, detail, id);

    private static SortedDictionary<string, Shape> Build()
    {
        var shapes = new SortedDictionary<string, Shape>(StringComparer.Ordinal);
        foreach (var (name, type) in EventTypes.All)
        {
            var shape = new Shape(EventJson.Default.GetTypeInfo(type)!, [], [], []);
            foreach (var p in shape.Record.Properties)
            {
                if (p.AssociatedParameter is { HasDefaultValue: false }) shape.Required.Add(p.Name);
                var kind = Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType;
                if (kind.IsEnum) shape.Lists.Add((p.Name, Words(kind)));
                if (kind == typeof(IReadOnlyList<string>)) shape.Texts.Add(p.Name);
            }
            shapes.Add(name, shape);
        }
        return shapes;
    }

    private static HashSet<string> Words(Type list)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in Enum.GetNames(list)) words.Add(JsonNamingPolicy.SnakeCaseLower.ConvertName(name));
        return words;
    }
}
