using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace OpsMonitor.Grains.Events;

/// <summary>The wire words of a closed list.</summary>
internal static class ClosedList<T> where T : struct, Enum
{
    private static readonly (byte[] Name, T Value)[] Words = Build();

    public static bool TryFind(ReadOnlySpan<byte> name, out T value)
    {
        foreach (var (known, its) in Words)
        {
            if (!name.SequenceEqual(known)) continue;
            value = its;
            return true;
        }
        value = default;
        return false;
    }

    private static (byte[], T)[] Build()
    {
        var values = Enum.GetValues<T>();
        return Array.ConvertAll(values, static v => (Encoding.UTF8.GetBytes(JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString())), v));
    }
}

/// <summary>
/// Hands a record its fields in the order of its constructor. What is missing, null or of another kind than asked makes it
/// <see cref="Odd"/>: the record is then worth nothing, and the careful reader says why.
/// </summary>
internal ref struct DataFields(ReadOnlySpan<byte> json, ReadOnlySpan<PlainField> fields, ReadOnlySpan<int> places, ReadOnlySpan<bool> instants)
{
    private readonly ReadOnlySpan<byte> _json = json;
    private readonly ReadOnlySpan<PlainField> _fields = fields;
    private readonly ReadOnlySpan<int> _places = places; // by position in the constructor: one more than the index among the fields, 0 for none
    private readonly ReadOnlySpan<bool> _instants = instants;
    private int _next;

    public bool Odd { get; private set; }

    public string Text() => TextOrNull() ?? Missing("");

    public string? TextOrNull()
    {
        var instant = _instants[_next];
        if (!Next(out var value)) return null;
        if (value[0] != '"') return Missing("");
        return instant ? Encoding.UTF8.GetString(value[1..^1]) : KnownTexts.Words.Of(value[1..^1]); // an instant is hardly said twice
    }

    public int Whole() => WholeOrNull() ?? Missing(0);

    public int? WholeOrNull()
    {
        if (!Next(out var value)) return null;
        return Utf8Parser.TryParse(value, out int whole, out var read) && read == value.Length ? whole : Missing(0);
    }

    public decimal Amount() => AmountOrNull() ?? Missing(0m);

    public decimal? AmountOrNull()
    {
        if (!Next(out var value)) return null;
        return value[0] is not ((byte)'"' or (byte)'{' or (byte)'[') && Utf8Parser.TryParse(value, out decimal amount, out var read) && read == value.Length ? amount : Missing(0m);
    }

    public bool Flag() => FlagOrNull() ?? Missing(false);

    public bool? FlagOrNull()
    {
        if (!Next(out var value)) return null;
        return value[0] == 't' || (value[0] != 'f' && Missing(false));
    }

    public T Word<T>() where T : struct, Enum => WordOrNull<T>() ?? Missing(default(T));

    public T? WordOrNull<T>() where T : struct, Enum
    {
        if (!Next(out var value)) return null;
        return value[0] == '"' && ClosedList<T>.TryFind(value[1..^1], out var word) ? word : Missing(default(T));
    }

    public IReadOnlyList<string> Texts() => TextsOrNull() ?? Missing<IReadOnlyList<string>>([]);

    public IReadOnlyList<string>? TextsOrNull()
    {
        if (!Next(out var value)) return null;
        if (value[0] != '[') return Missing<IReadOnlyList<string>>([]);
        var count = 0;
        for (var at = 1; NextText(value, ref at, out _); ) count++;
        var texts = new string[count];
        var from = 1;
        for (var i = 0; i < count && NextText(value, ref from, out var text); i++) texts[i] = KnownTexts.Words.Of(text);
        return texts;
    }

    public JsonElement? JsonOrNull()
    {
        if (!Next(out var value)) return null;
        var reader = new Utf8JsonReader(value);
        return JsonElement.ParseValue(ref reader);
    }

    private bool NextText(ReadOnlySpan<byte> list, ref int at, out ReadOnlySpan<byte> text)
    {
        while (list[at] is (byte)',' or <= (byte)' ') at++;
        text = default;
        if (list[at] == ']') return false;
        if (list[at] != '"') return Missing(false);
        var length = list[++at..].IndexOf((byte)'"');
        text = list.Slice(at, length);
        at += length + 1;
        return true;
    }

    /// <summary>The field's value; false where there is none, or null.</summary>
    private bool Next(out ReadOnlySpan<byte> value)
    {
        var place = _places[_next++];
        value = place == 0 ? default : _fields[place - 1].ValueIn(_json);
        return place != 0 && value[0] != 'n';
    }

    private T Missing<T>(T instead)
    {
        Odd = true;
        return instead;
    }
}
