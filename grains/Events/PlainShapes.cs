using System.Text;

namespace OpsMonitor.Grains.Events;

/// <summary>What the quick reader knows of one type of the vocabulary.</summary>
internal sealed class PlainShape
{
    private static readonly (ulong Key, PlainShape Shape)[][] Table = Build();

    public required string Type { get; init; }

    /// <summary>What its subject must be; null where it may be of any kind.</summary>
    public required string? Kind { get; init; }

    /// <summary>The fields of its record in the order of the constructor, then the instants that are checked though no record has them.</summary>
    public required (byte[] Name, ulong Key)[] Fields { get; init; }

    /// <summary>Of <see cref="Fields"/>: those that are instants.</summary>
    public required bool[] Instants { get; init; }

    public required MakeData Make { get; init; }

    /// <summary>Of <see cref="Fields"/>: the name's place, tried first at <paramref name="guess"/>; -1 where nobody reads it.</summary>
    public int Find(ReadOnlySpan<byte> json, in PlainField field, int guess)
    {
        var fields = Fields;
        for (var n = 0; n < fields.Length; n++)
        {
            var at = guess + n < fields.Length ? guess + n : guess + n - fields.Length;
            ref readonly var known = ref fields[at];
            if (known.Key == field.Key && known.Name.Length == field.NameLength && (field.NameLength <= sizeof(ulong) || field.NameIn(json).SequenceEqual(known.Name))) return at;
        }
        return -1;
    }

    /// <summary>Null for a type outside the vocabulary.</summary>
    public static PlainShape? Of(ReadOnlySpan<byte> type)
    {
        foreach (var (key, shape) in Table[Place(type)])
            if (key == PlainField.KeyOf(type[^Math.Min(type.Length, sizeof(ulong))..]) && Ascii.Equals(type, shape.Type)) return shape;
        return null;
    }

    private static int Place(ReadOnlySpan<byte> type) => type.Length == 0 ? 0 : ((type.Length * 31) + (type[^1] * 7) + (type[type.Length / 2] * 3)) & 255;

    private static (ulong, PlainShape)[][] Build()
    {
        var table = new List<(ulong, PlainShape)>[256];
        for (var i = 0; i < table.Length; i++) table[i] = [];
        foreach (var type in EventTypes.All.Keys)
        {
            var (fields, instants) = DataReader.FieldsOf(type);
            var utf8 = Encoding.UTF8.GetBytes(type);
            table[Place(utf8)].Add((PlainField.KeyOf(utf8.AsSpan(^Math.Min(utf8.Length, sizeof(ulong))..)), new()
            {
                Type = type,
                Kind = type.StartsWith(AlertDeed.TypePrefix, StringComparison.Ordinal) ? null : type[..type.IndexOf('.', StringComparison.Ordinal)],
                Fields = fields.ConvertAll(static f => Named(f)).ToArray(),
                Instants = [.. instants],
                Make = DataRecords.Of(type),
            }));
        }
        return Array.ConvertAll(table, static shapes => shapes.ToArray());
    }

    private static (byte[], ulong) Named(string field)
    {
        var name = Encoding.UTF8.GetBytes(field);
        return (name, PlainField.KeyOf(name));
    }
}
